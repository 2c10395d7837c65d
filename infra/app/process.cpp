#include "infra/app/process.hpp"

#include "api/kernel/application.hpp"
#include "api/openapi/docs_endpoints.hpp"
#include "api/server/http_server.hpp"
#include "infra/app/adapters.hpp"
#include "infra/app/health.hpp"
#include "infra/app/kafka_side.hpp"
#include "infra/app/run_file.hpp"
#include "infra/crypto/master_key.hpp"
#include "infra/crypto/sha256.hpp"
#include "infra/crypto/signing_key.hpp"
#include "infra/crypto/system_cryptography.hpp"
#include "infra/postgres/dsn.hpp"
#include "infra/postgres/pg_event_store.hpp"
#include "infra/postgres/query_pool.hpp"
#include "infra/postgres/schema_check.hpp"
#include "infra/projector/visibility_feed.hpp"
#include "infra/runtime/clock.hpp"
#include "infra/runtime/config_error.hpp"
#include "infra/runtime/log.hpp"

#include <algorithm>
#include <atomic>
#include <map>

namespace annals::app {
namespace {

std::string dsn_as(const std::string& dsn, std::string_view role) {
    return pg::dsn_value(dsn, "user").empty() ? pg::dsn_with(dsn, "user", role) : dsn;
}

bool has_role(const runtime::Config& config, std::string_view role) {
    const auto roles = config.list("roles");
    return std::ranges::find(roles, role) != roles.end();
}

http::Hmac cursor_hmac(const crypto::MasterKey& master_key) {
    return [key = master_key.derive(crypto::KeyPurpose::cursor)](std::string_view text) {
        return crypto::hmac_sha256(key.bytes(), text);
    };
}

/// Refuses to serve on a database that is not as it must be, and answers the number of partitions of its log.
std::uint16_t checked_partitions(const runtime::Config& config) {
    pg::check_database(engine_dsn(config), pg::ServerRole::engine);
    if (has_role(config, "api")) pg::check_database(api_dsn(config), pg::ServerRole::api);
    return pg::log_partitions(engine_dsn(config));
}

}  // namespace

std::string engine_dsn(const runtime::Config& config) {
    return dsn_as(config.text("dsn"), "annals_engine");
}

std::string api_dsn(const runtime::Config& config) {
    const std::string& own = config.text("api_dsn");
    return own.empty() ? pg::dsn_with(config.text("dsn"), "user", "annals_api") : own;
}

/// Members are made in this order and go in the opposite one, so whoever uses something stands below it.
struct Process::Impl {
    explicit Impl(const runtime::Config& settings)
        : config(settings),
          master_key(crypto::MasterKey::load(config.path("master_key_file"))),
          cryptography(master_key),
          partitions(checked_partitions(config)),
          visibility(pg::make_pg_event_store(engine_dsn(config))->end().epoch, partitions),
          kafka(KafkaSide::Options{
              .config = &config,
              .dsn = engine_dsn(config),
              .partitions = partitions,
              .relay = has_role(config, "relay"),
              .projector = has_role(config, "projector"),
              .cryptography = &cryptography,
              .applied = [this](const Position& position) { visibility.applied(position); },
          }) {
        if (has_role(config, "api")) make_api();
    }

    void make_api();
    void listen();
    CommandBusOptions bus_options();
    api::Services services_of();
    HealthSources health_sources();
    Check check_database();
    void update_metrics(runtime::Metrics& into);
    void answered(const server::Answered& answered);

    const runtime::Config& config;
    crypto::MasterKey master_key;
    crypto::SystemCryptography cryptography;
    crypto::SystemIdSource ids;
    runtime::SystemClock clock;
    runtime::Metrics metrics;
    std::uint16_t partitions;
    Visibility visibility;
    KafkaSide kafka;

    /// What only a process with the api role has.
    struct Api {
        Api(Impl& process, const crypto::SigningKey& signing_key, CommandBusOptions bus_options);

        BootstrapToken bootstrap;
        JwtTokens tokens;
        PooledPasswords passwords;
        pg::QueryPool reader;
        AccessDirectory directory;
        http::CursorCodec cursors;
        CommandBus bus;
        PooledWorkers workers;
        api::Services services;
        api::AccessChecks checks;
        projector::VisibilityFeed feed;
        server::HttpServer server;
    };
    std::unique_ptr<Api> api;
    std::atomic<bool> draining{false};
};

Process::Impl::Api::Api(Impl& process, const crypto::SigningKey& signing_key, CommandBusOptions bus_options)
    : bootstrap(process.config.in_home("keys/bootstrap.token")),
      tokens(
          signing_key, {process.config.text("issuer"), process.config.text("audience")},
          process.config.integer("access_token_ttl_s")
      ),
      reader(api_dsn(process.config), static_cast<std::size_t>(process.config.integer("worker_threads"))),
      directory(
          pg::make_pg_event_store(engine_dsn(process.config)), process.cryptography, process.partitions
      ),
      cursors(cursor_hmac(process.master_key)),
      bus(std::move(bus_options)),
      workers(static_cast<std::size_t>(process.config.integer("worker_threads"))),
      services{
          .bus = bus,
          .reader = reader,
          .visibility = process.visibility,
          .directory = directory,
          .tokens = tokens,
          .passwords = passwords,
          .workers = workers,
          .bootstrap = bootstrap,
          .clock = process.clock,
          .ids = process.ids,
          .cryptography = process.cryptography,
          .cursors = cursors,
          .partitions = process.partitions,
          .session_lifetime_s = process.config.integer("refresh_token_ttl_s"),
          .report = [](std::string_view code, const std::string& detail, const std::string& request_id
                    ) { runtime::log(runtime::Level::error, code, detail, {{"request_id", request_id}}); },
      },
      checks(directory, process.config.integer("session_check_ttl_s") * 1000),
      feed(engine_dsn(process.config), process.visibility),
      server(server::ServerOptions{
          .address = process.config.text("address"),
          .port = static_cast<std::uint16_t>(process.config.integer("port")),
          .io_threads = static_cast<unsigned>(process.config.integer("io_threads")),
          .cors = http::CorsPolicy(process.config.list("cors_origins")),
          .body_bytes_max = [](const http::Request& request
                            ) { return api::body_bytes_max(request, http::Limits{}); },
          .log = [](std::string_view code,
                    std::string_view message) { runtime::log(runtime::Level::warning, code, message); },
          .answered = [&process](const server::Answered& answer) { process.answered(answer); },
      }) {}

void Process::Impl::make_api() {
    const auto signing_key = crypto::SigningKey::load_or_create(config.path("signing_key_file"));
    api = std::make_unique<Api>(*this, signing_key, bus_options());
}

CommandBusOptions Process::Impl::bus_options() {
    CommandBusOptions options;
    options.partitions = partitions;
    options.writers = static_cast<std::uint16_t>(config.integer("writer_count"));
    options.open_store = [dsn = engine_dsn(config)] { return pg::make_pg_event_store(dsn); };
    options.clock = &clock;
    options.ids = &ids;
    options.cryptography = &cryptography;
    options.appended = [this] { kafka.appended(); };
    options.report = [](std::string_view code, const std::string& detail) {
        runtime::log(runtime::Level::warning, code, detail);
    };
    return options;
}

Check Process::Impl::check_database() {
    try {
        (void)api->reader.run(kPlatformRealm, pg::Statement{"health_select", "select 1"});
        return {"database", true, "PostgreSQL answers"};
    } catch (const std::exception& error) {
        return {"database", false, error.what()};
    }
}

HealthSources Process::Impl::health_sources() {
    return {
        .database = [this] { return check_database(); },
        .broker = [this] { return kafka.checks(); },
        .update_metrics = [this](runtime::Metrics& into) { update_metrics(into); },
        .draining = &draining,
    };
}

namespace {

/// What was refused before it was begun, and how long what was taken waits; limits: docs/guides/operate.md.
void update_overload_metrics(
    const CommandStats& stats, const runtime::WorkerPool& workers, runtime::Metrics& into
) {
    const runtime::WorkerPool::Stats jobs = workers.stats();
    const std::pair<std::string_view, std::uint64_t> refused[] = {
        {"queue_full", stats.refused_full}, {"realm_share", stats.refused_realm},
        {"queue_slow", stats.refused_slow}, {"writer_stalled", stats.refused_stalled},
        {"workers_full", jobs.refused},     {"workers_stalled", jobs.given_up},
    };
    for (const auto& [reason, count] : refused) {
        into.gauge(
                "annals_refused", "Commands and queries refused with OVERLOADED since start",
                {{"reason", std::string(reason)}}
        ).set(static_cast<double>(count));
    }
    into.gauge("annals_commands_isolated", "Commands that the database refused for good")
        .set(static_cast<double>(stats.isolated));
    into.gauge("annals_command_queue_age_seconds", "How long the oldest queued command has waited")
        .set(static_cast<double>(stats.queue_age_ms) / 1e3);
    into.gauge("annals_worker_queue_age_seconds", "How long the oldest queued query has waited")
        .set(static_cast<double>(workers.age().count()) / 1e3);
    into.gauge("annals_workers_queued", "Queries waiting for a worker")
        .set(static_cast<double>(workers.queued()));
}

}  // namespace

void Process::Impl::update_metrics(runtime::Metrics& into) {
    const CommandStats stats = api->bus.stats();
    into.gauge("annals_commands_accepted", "Commands accepted since start")
        .set(static_cast<double>(stats.accepted));
    into.gauge("annals_commands_rejected", "Commands rejected since start")
        .set(static_cast<double>(stats.rejected));
    into.gauge("annals_commands_repeated", "Commands answered from the log")
        .set(static_cast<double>(stats.repeated));
    into.gauge("annals_commands_queued", "Commands waiting for a writer")
        .set(static_cast<double>(stats.queued));
    into.gauge("annals_append_batches", "Appends since start").set(static_cast<double>(stats.batches));
    into.gauge("annals_events_appended", "Events appended since start")
        .set(static_cast<double>(stats.events));
    into.gauge("annals_append_conflicts", "Appends decided again because another process appended")
        .set(static_cast<double>(stats.heads_moved));
    into.gauge("annals_append_in_doubt", "Appends whose outcome had to be looked up")
        .set(static_cast<double>(stats.in_doubt));
    update_overload_metrics(stats, api->workers.pool(), into);
    into.gauge("annals_http_connections", "Open connections")
        .set(static_cast<double>(api->server.connections()));
    kafka.update_metrics(into);
}

namespace {

/// What is counted of one route and status.
struct RouteSeries {
    runtime::Counter requests;
    runtime::Histogram duration;
};

/// Asking for a series takes a lock, so every I/O thread keeps the handles it has used. Route patterns live
/// as long as the server, so their address names them.
const RouteSeries& route_series(runtime::Metrics& metrics, std::string_view route, int status) {
    thread_local std::map<std::pair<const char*, int>, RouteSeries> known;
    const auto found = known.find({route.data(), status});
    if (found != known.end()) return found->second;
    const runtime::MetricLabels labels{{"route", std::string(route)}, {"code", std::to_string(status)}};
    RouteSeries series{
        metrics.counter("annals_http_requests_total", "Requests answered", labels),
        metrics.histogram(
            "annals_http_request_duration_seconds", "From the complete header to the complete answer",
            runtime::kDurationBucketsS, {{"route", std::string(route)}}
        ),
    };
    return known.emplace(std::pair(route.data(), status), series).first->second;
}

}  // namespace

namespace {

/// Refusals come by the thousand when there are any; one line a second tells as much.
constexpr std::int64_t kRefusalLogMs = 1'000;

/// True for the refusal that is logged; `unlogged` is then the number of those before it that were not.
bool worth_a_line(std::uint64_t& unlogged) {
    static std::atomic<std::int64_t> next_ms{0};
    static std::atomic<std::uint64_t> passed_over{0};
    const std::int64_t now = api::steady_ms();
    std::int64_t due = next_ms.load(std::memory_order_relaxed);
    if (now < due || !next_ms.compare_exchange_strong(due, now + kRefusalLogMs)) {
        passed_over.fetch_add(1, std::memory_order_relaxed);
        return false;
    }
    unlogged = passed_over.exchange(0);
    return true;
}

}  // namespace

void Process::Impl::answered(const server::Answered& answer) {
    static constexpr std::string_view kNoRoute = "none";
    const bool routed = answer.request != nullptr && !answer.request->route.empty();
    const std::string_view route = routed ? answer.request->route : kNoRoute;
    const RouteSeries& series = route_series(metrics, route, answer.status);
    series.requests.add();
    series.duration.observe(static_cast<double>(answer.duration_us) / 1e6);
    std::uint64_t unlogged = 0;
    if (answer.status == 503 && !worth_a_line(unlogged)) return;
    const auto level = answer.status == 503   ? runtime::Level::warning
                       : answer.status >= 500 ? runtime::Level::error
                       : answer.status >= 400 ? runtime::Level::info
                                              : runtime::Level::debug;
    if (!runtime::log_enabled(level)) return;
    runtime::log(
        level, "HTTP-0a11", "answered",
        {{"request_id", answer.request_id},
         {"route", route},
         {"path", answer.request != nullptr ? std::string_view(answer.request->path) : std::string_view()},
         {"status", answer.status},
         {"duration_us", answer.duration_us},
         {"refusals_unlogged", unlogged},
         {"traceparent",
          answer.request != nullptr ? std::string_view(answer.request->traceparent) : std::string_view()}}
    );
}

Process::Process(const runtime::Config& config) : impl_(std::make_unique<Impl>(config)) {}
Process::~Process() = default;

void Process::Impl::listen() {
    auto endpoints = api::make_endpoints(api->services, api->checks, api::all_routes());
    std::ranges::move(
        health_endpoints(health_sources(), metrics, api->workers), std::back_inserter(endpoints)
    );
    std::ranges::move(
        api::docs_endpoints(api::all_routes(), {config.text("topic"), partitions}),
        std::back_inserter(endpoints)
    );
    auto dispatcher =
        http::make_dispatcher(std::move(endpoints), http::CorsPolicy(config.list("cors_origins")));
    try {
        api->server.start(std::move(dispatcher));
    } catch (const std::runtime_error& taken) {
        throw runtime::ConfigError(std::string(taken.what()) + "; choose another with --address and --port");
    }
}

void Process::start() {
    // First, so that a port that is taken ends the process before anything has begun.
    if (impl_->api) impl_->listen();
    impl_->kafka.start();
    if (!impl_->api) return;
    auto& api = *impl_->api;
    RunFile run;
    run.api = "http://" + impl_->config.text("address") + ":" + std::to_string(api.server.port());
    run.kafka = impl_->kafka.bootstrap();
    run.dsn = impl_->config.text("dsn");
    const ReservationKey bootstrapped{kPlatformRealm, "platform.bootstrap", "done"};
    if (!pg::make_pg_event_store(engine_dsn(impl_->config))->find_reservation(bootstrapped)) {
        run.bootstrap_token = api.bootstrap.text();
    }
    write_run_file(impl_->config.in_home("run.json"), run);
    runtime::log(runtime::Level::info, "APP-51a7", "serving", {{"api", run.api}, {"kafka", run.kafka}});
}

void Process::stop() {
    impl_->draining.store(true);
    if (impl_->api) {
        const auto deadline_ms = static_cast<std::uint32_t>(impl_->config.integer("drain_timeout_s") * 1000);
        (void)impl_->api->server.stop(std::min(deadline_ms, http::kStopDeadlineMsMax));
        impl_->api->bus.stop();
        impl_->api->passwords.stop();
        impl_->api->workers.stop();
    }
    impl_->visibility.close();
    impl_->kafka.stop();
}

}  // namespace annals::app
