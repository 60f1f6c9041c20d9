# syntax=docker/dockerfile:1
# Three images from one file; the role is an argument:
#   docker build --target chat-gateway -t chat-gateway:0.1.0 .     docker run chat-gateway:0.1.0 api|sse|all
#   docker build --target chat-worker  -t chat-worker:0.1.0  .
#   docker build --target chat-router  -t chat-router:0.1.0  .     docker run chat-router:0.1.0 relay|persistence|all
# Each holds one bundled file on a shared runtime layer: no node_modules, no sources, no shell.
ARG BUN_VERSION=1.4.5

FROM oven/bun:${BUN_VERSION} AS build
WORKDIR /src
# Dependencies change less often than sources, so they are a layer of their own.
COPY package.json bun.lock bunfig.toml ./
RUN bun install --frozen-lockfile --production --ignore-scripts
COPY tsconfig.json ./
COPY shared shared
COPY gateway gateway
COPY worker worker
COPY router router
COPY stack stack
COPY web web
# A bundle, not an executable: the runtime is one layer under all three images, and idles 5 MB lower.
RUN bun build gateway/main.ts --target=bun --minify --sourcemap=external --outdir=/out/gateway \
 && bun build worker/main.ts --target=bun --minify --sourcemap=external --outdir=/out/worker \
 && bun build router/main.ts --target=bun --minify --sourcemap=external --outdir=/out/router \
 && bun build stack/migrate.ts --target=bun --minify --sourcemap=external --outdir=/out/stack \
 && bun build stack/import-locations.ts --target=bun --minify --sourcemap=external --outdir=/out/stack \
 && mkdir /maps && cd /out && find . -name '*.map' -exec cp --parents '{}' /maps ';' -exec rm '{}' ';'

# Source maps for reading a stack trace, kept by CI: docker build --target maps --output maps .
FROM scratch AS maps
COPY --from=build /maps /

FROM oven/bun:${BUN_VERSION}-distroless AS runtime
WORKDIR /app
# Nothing is transpiled at run time, and the root file system is read-only.
ENV NODE_ENV=production BUN_RUNTIME_TRANSPILER_CACHE_PATH=0
# A number, so that Kubernetes can tell it is not root.
USER 65532:65532
# 8000 HTTP (gateway), 9090 /live /ready /metrics (all). Probes ask over HTTP: there is no shell for a command.
EXPOSE 8000 9090

FROM runtime AS chat-gateway
COPY --from=build /out/gateway gateway
ENTRYPOINT ["/usr/local/bin/bun", "gateway/main.js"]
CMD ["all"]

FROM runtime AS chat-worker
COPY --from=build /out/worker worker
# Model calls at once; Bun allows 256 by itself, and reads this only at its start.
ENV BUN_CONFIG_MAX_HTTP_REQUESTS=4096
ENTRYPOINT ["/usr/local/bin/bun", "worker/main.js"]

FROM runtime AS chat-router
COPY --from=build /out/router router
# The migration and the import of places run from the same image: command /usr/local/bin/bun stack/migrate.js
COPY --from=build /out/stack stack
ENTRYPOINT ["/usr/local/bin/bun", "router/main.js"]
CMD ["all"]
