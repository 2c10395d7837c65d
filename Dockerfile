# Two stages: everything needed to compile, then only what the finished program loads. tests/tidy compares both package
# lists with ./dev's list and with what the program links.
FROM debian:12 AS build
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    clang-19 lld-19 mold ccache ninja-build cmake git pkg-config libboost1.81-dev libpqxx-dev libpq-dev \
    librdkafka-dev libsimdjson-dev libgtest-dev libgmock-dev libsodium-dev libssl-dev libfmt-dev libspdlog-dev \
    libcli11-dev prometheus-cpp-dev libtomlplusplus-dev libutf8proc-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.cache/ccache \
    cmake --preset release -DBUILD_TESTING=OFF && cmake --build build/release --target annals \
    && strip --strip-debug build/release/bin/annals

FROM debian:12-slim
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    ca-certificates curl libfmt9 libpq5 libpqxx-6.4 libprometheus-cpp-core1.0 librdkafka1 libsimdjson14 libsodium23 \
    libspdlog1.10 libssl3 libstdc++6 libtomlplusplus3 libutf8proc2 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --home-dir /var/lib/annals --create-home annals \
    && install -d -o annals -g annals -m 700 /var/lib/annals/keys
COPY --from=build /src/build/release/bin/annals /usr/local/bin/annals
COPY --chmod=755 scripts/container-entry.sh /usr/local/bin/container-entry
USER annals
VOLUME /var/lib/annals
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/container-entry"]
CMD ["serve", "--home", "/var/lib/annals"]
