# A private Apache Kafka broker (one node, KRaft) from Maven Central's jars. Sourced by ./dev.
# shellcheck shell=bash

readonly kafka_pom="$root/infra/kafka/broker/pom.xml"
readonly kafka_libs="$root/build/kafka/libs"

# kafka_install: copies the jars of the pom once; later calls see the same pom and do nothing.
kafka_install() {
    mkdir -p "$root/build/kafka"
    local lock
    exec {lock}>"$root/build/kafka/.lock"
    flock "$lock"
    if ! cmp -s "$kafka_pom" "$kafka_libs/pom.xml"; then
        step "fetching Apache Kafka from Maven Central"
        rm -rf "$kafka_libs"
        mvn -B -q -f "$kafka_pom" dependency:copy-dependencies -DincludeScope=runtime \
            -DoutputDirectory="$kafka_libs" </dev/null >"$root/build/kafka/maven.log" 2>&1 || {
            tail -n 15 "$root/build/kafka/maven.log" >&2
            die "Maven could not fetch the broker; the whole log is $root/build/kafka/maven.log"
        }
        cp "$kafka_pom" "$kafka_libs/pom.xml"
    fi
    exec {lock}>&-
}

# The short broker session lets a broker that was killed come back in two seconds instead of nine; the few
# partitions of the internal topics start faster than fifty. auto.create is off: a mistyped topic is an error.
kafka_write_settings() {
    local dir=$1 port=$2 controller_port=$3
    cat >"$dir/server.properties" <<CONF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller_port
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
log.dirs=$dir/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
num.network.threads=1
num.io.threads=2
CONF
    cat >"$dir/log4j2.properties" <<CONF
rootLogger.level=WARN
rootLogger.appenderRef.file.ref=file
appender.file.type=File
appender.file.name=file
appender.file.fileName=$dir/broker.log
appender.file.layout.type=PatternLayout
appender.file.layout.pattern=%d{ISO8601} %p %c %m%n
CONF
}

kafka_answers() { kcat -b "127.0.0.1:$KAFKA_PORT" -L -m 1 >/dev/null 2>&1; }
kafka_answers_or_died() { kafka_answers || ! is_alive "$KAFKA_PID"; }

# kafka_start DIR FIRST_PORT: sets KAFKA_PORT, KAFKA_PID and KAFKA_ADDRESS. Its data stays in DIR between
# starts.
kafka_start() {
    local dir=$1 controller_port
    kafka_install
    mkdir -p "$dir"
    free_port "$2"
    KAFKA_PORT=$REPLY
    free_port 19093
    controller_port=$REPLY
    kafka_write_settings "$dir" "$KAFKA_PORT" "$controller_port"
    if [[ ! -f $dir/data/meta.properties ]]; then
        local id
        id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')
        java -cp "$kafka_libs/*" kafka.tools.StorageTool format -t "$id" -c "$dir/server.properties" \
            >"$dir/format.log" 2>&1 || {
            cat "$dir/format.log" >&2
            die "Kafka's storage could not be formatted"
        }
    fi
    setsid java -Xmx512m -XX:+UseSerialGC "-Dlog4j2.configurationFile=$dir/log4j2.properties" \
        -cp "$kafka_libs/*" kafka.Kafka "$dir/server.properties" </dev/null >"$dir/stdout.log" 2>&1 9>&- &
    KAFKA_PID=$!
    disown "$KAFKA_PID"  # its end is no news for the shell
    KAFKA_ADDRESS=127.0.0.1:$KAFKA_PORT
    printf '%s\n' "$KAFKA_PID" >"$dir/pid"
    if ! wait_until 60 kafka_answers_or_died || ! is_alive "$KAFKA_PID"; then
        tail -n 15 "$dir/stdout.log" "$dir/broker.log" >&2
        die "Apache Kafka did not start; its logs are in $dir"
    fi
}

# kafka_stop [SIGNAL]: KILL is for brokers whose data is thrown away.
kafka_stop() {
    [[ -n ${KAFKA_PID:-} ]] || return 0
    stop_process "$KAFKA_PID" "Apache Kafka" "${1:-TERM}" || true
    KAFKA_PID=""
}
