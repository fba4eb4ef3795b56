# Torch for CPUs; for GPUs, build with --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu126
FROM python:3.11-slim AS build
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN apt-get update && apt-get install -y --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/quorum
ENV PATH=/opt/quorum/bin:$PATH DS_BUILD_OPS=0
WORKDIR /src
COPY pyproject.toml constraints.txt README.md ./
# torch first: DeepSpeed is built from source against the installed one
RUN pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" --constraint constraints.txt setuptools wheel torch
COPY quorum quorum
COPY server server
COPY generator generator
COPY evaluator evaluator
COPY rerank rerank
COPY reasoning reasoning
RUN pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" --constraint constraints.txt --no-build-isolation .

FROM python:3.11-slim
COPY --from=build /opt/quorum /opt/quorum
RUN useradd --system --create-home --home-dir /var/lib/quorum --uid 10001 quorum
USER quorum
WORKDIR /var/lib/quorum
ENV PATH=/opt/quorum/bin:$PATH PYTHONUNBUFFERED=1 XDG_STATE_HOME=/var/lib/quorum/state \
    QUORUM_SERVE_HOST=0.0.0.0 QUORUM_SERVE_PORT=8000
VOLUME /var/lib/quorum
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"QUORUM_SERVE_PORT\"]}/livez', timeout=2)"]
# Without QUORUM_SERVE_KEYS it refuses to start: other machines can reach it.
ENTRYPOINT ["quorum", "serve"]
