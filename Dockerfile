# SPDX-License-Identifier: Apache-2.0
# One file, one target per program:
#   docker build --target agent -t carescan-agent .
#   docker build --target aggregator -t carescan-aggregator .
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN scripts/build.sh /out "${VERSION}" && install -d -m 0700 /empty/state

# No shell, no package manager, an account without rights: the authorities of the
# system and the program, nothing else.
FROM gcr.io/distroless/static-debian12:nonroot AS agent
COPY --from=build /out/carescan-agent /out/carescan-templates /usr/local/bin/
COPY --from=build --chown=nonroot:nonroot /empty/state /var/lib/carescan
ENV CARESCAN_STATE=/var/lib/carescan
VOLUME /var/lib/carescan
ENTRYPOINT ["/usr/local/bin/carescan-agent"]
CMD ["run", "--config", "/etc/carescan/agent.yaml"]

# The interfaces listen on every address of the container; the rest of the settings is
# the program's own. The region of a new volume is made once: docker run … init. On
# PostgreSQL its rounds may be done apart: docker run … worker --config ….
FROM gcr.io/distroless/static-debian12:nonroot AS aggregator
COPY --from=build /out/carescan-aggregator /usr/local/bin/carescan-aggregator
COPY --from=build --chown=nonroot:nonroot /empty/state /var/lib/carescan-aggregator
ENV CARESCAN_AGGREGATOR_DATA=/var/lib/carescan-aggregator
ENV CARESCAN_AGGREGATOR_AGENT_LISTEN=0.0.0.0:8443
ENV CARESCAN_AGGREGATOR_WEB_LISTEN=0.0.0.0:8444
VOLUME /var/lib/carescan-aggregator
EXPOSE 8443 8444
ENTRYPOINT ["/usr/local/bin/carescan-aggregator"]
CMD ["serve", "--config", "/etc/carescan/aggregator.yaml"]
