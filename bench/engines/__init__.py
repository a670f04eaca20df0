"""One pipeline, "dedup + state", written for each engine as its own documentation would have it.

Read records keyed by person, decode, look up what is known of the person, keep the event's id if nothing is (durable
state, with a changelog where the engine has one), write the record out (acks=all), commit. Modules here are run as
programs; those of Quix Streams and Bytewax in an environment of their own (bench/rivals.py).
"""
