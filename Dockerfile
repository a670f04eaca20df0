# The hub's processes; docker-compose.yml says which one a container runs.
FROM python:3.11-slim-bookworm
WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation . && useradd --create-home santai \
    && install -d -o santai -g santai /data
USER santai
VOLUME /data
ENTRYPOINT []
CMD ["santai", "--help"]
