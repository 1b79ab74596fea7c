# Builds the single-file server and puts it alone on a base without a shell. Any base with glibc, libstdc++ and OpenSSL will do.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled

FROM ${SDK_IMAGE} AS build
ARG TARGETARCH
WORKDIR /src

# What restore reads, alone, so that its layer outlives changes of the code.
COPY global.json Directory.Build.props Directory.Build.targets Directory.Packages.props .editorconfig ./
COPY src/Protocol/Protocol.csproj src/Protocol/*.lock.json src/Protocol/
COPY src/SseServer/SseServer.csproj src/SseServer/*.lock.json src/SseServer/
RUN dotnet restore src/SseServer -a ${TARGETARCH:-amd64} -p:RestoreLockedMode=true

COPY src/ src/
COPY docs/errors.md docs/
RUN dotnet publish src/SseServer -c Release -a ${TARGETARCH:-amd64} --no-restore -o /out

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="sse-server" \
      org.opencontainers.image.description="A standalone Server-Sent Events server" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"

COPY --from=build /out/ /app/
COPY LICENSE THIRD-PARTY-NOTICES.md /app/

# Every address, because a container's loopback is its own: so a publish key or tokens must be set, or it refuses to start.
# The diagnostics port is a file in /tmp; without it nothing is ever written, and the root file system may be read-only.
ENV SSE_Server__Listen=0.0.0.0:8080 \
    DOTNET_EnableDiagnostics=0
EXPOSE 8080
# The "app" user of Microsoft's images, by number, so that Kubernetes can see that it is not root.
USER 1654:1654
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/app/sse-server", "--check", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["/app/sse-server"]
