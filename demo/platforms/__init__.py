"""Two platforms of the province to run the hub against: the 12345 hotline and the public web platform.

They know the hub by its HTTP interface only and share no code with it: their signing follows the written contract.
"""
