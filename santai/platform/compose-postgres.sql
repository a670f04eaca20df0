-- docker-compose.yml: the registry keeps its schemas in a database of its own.
CREATE DATABASE registry;
