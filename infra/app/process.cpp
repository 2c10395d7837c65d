#include "infra/app/process.hpp"

#include "api/kernel/application.hpp"
#include "api/openapi/docs_endpoints.hpp"
#include "api/server/http_server.hpp"
#include "commands/organizations/bootstrap.hpp"
#include "infra/app/adapters.hpp"
#include "infra/app/answer_record.hpp"
#include "infra/app/command_metrics.hpp"
#include "infra/app/health.hpp"
#include "infra/app/kafka_side.hpp"
#include "infra/app/peer_side.hpp"
#include "infra/app/progress_health.hpp"
#include "infra/app/run_file.hpp"
#include "infra/crypto/master_key.hpp"
#include "infra/crypto/sha256.hpp"
#include "infra/crypto/signing_key.hpp"
#include "infra/crypto/system_cryptography.hpp"
#include "infra/postgres/dsn.hpp"
#include "infra/postgres/pg_event_store.hpp"
#include "infra/postgres/projection_progress.hpp"
#include "infra/postgres/query_pool.hpp"
#include "infra/postgres/schema_check.hpp"
#include "infra/projector/visibility_feed.hpp"
#include "infra/runtime/clock.hpp"
#include "infra/runtime/config_error.hpp"
#include "infra/runtime/log.hpp"

#include <algorithm>
#include <atomic>
#include <optional>

namespace annals::app {
namespace {

std::string dsn_as(const std::string& dsn, std::string_view role) {
    return pg::dsn_value(dsn, "user").empty() ? pg::dsn_with(dsn, "user", role) : dsn;
}

bool has_role(const runtime::Config& config, std::string_view role) {
    const auto roles = config.list("roles");
    return std::ranges::find(roles, role) != roles.end();
}

/// "relay-projector"
std::string roles_of(const runtime::Config& config) {
    std::string text;
    for (const std::string& role : config.list("roles")) text += (text.empty() ? "" : "-") + role;
    return text;
}

/// Where scripts look for a running instance is the API; other processes may share its home.
std::string run_file_name(const runtime::Config& config) {
    return has_role(config, "api") ? "run.json" : "run-" + roles_of(config) + ".json";
}

/// Without the API only health is asked.
std::size_t worker_threads(const runtime::Config& config) {
    return has_role(config, "api") ? static_cast<std::size_t>(config.integer("worker_threads")) : 1;
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
          }),
          progress(engine_dsn(config)),
          workers(worker_threads(config)) {
        if (has_role(config, "api")) make_api();
        server.emplace(server_options());
        if (api) api->peers.attach(*server);
    }
    ~Impl() {
        // Requests use what is made before them.
        server.reset();
        workers.stop();
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void make_api();
    void listen();
    CommandBusOptions bus_options();
    server::ServerOptions server_options();
    HealthSources health_sources();
    [[nodiscard]] bool shows_progress() const { return api || has_role(config, "projector"); }
    Check check_database();
    std::vector<Check> check_parts();
    void update_metrics(runtime::Metrics& into);
    [[nodiscard]] bool is_bootstrapped() const;
    [[nodiscard]] RunFile run_file(bool bootstrapped) const;

    const runtime::Config& config;
    crypto::MasterKey master_key;
    crypto::SystemCryptography cryptography;
    crypto::SystemIdSource ids;
    runtime::SystemClock clock;
    runtime::Metrics metrics;
    std::uint16_t partitions;
    Visibility visibility;
    KafkaSide kafka;
    ProgressHealth progress;
    PooledWorkers workers;

    /// What only a process with the api role has.
    struct Api {
        Api(Impl& process, const crypto::SigningKey& signing_key, CommandBusOptions bus_options);

        BootstrapToken bootstrap;
        JwtTokens tokens;
        PooledPasswords passwords;
        pg::QueryPool reader;
        std::unique_ptr<ProjectionProgressReader> projections;
        AccessDirectory directory;
        http::CursorCodec cursors;
        CommandBus bus;
        PeerSide peers;
        api::Services services;
        api::AccessChecks checks;
        projector::VisibilityFeed feed;
    };
    std::unique_ptr<Api> api;
    std::optional<server::HttpServer> server;
    std::atomic<bool> draining{false};
};

Process::Impl::Api::Api(Impl& process, const crypto::SigningKey& signing_key, CommandBusOptions bus_options)
    : bootstrap(process.config.in_home("keys/bootstrap.token")),
      tokens(
          signing_key, {process.config.text("issuer"), process.config.text("audience")},
          process.config.integer("access_token_ttl_s")
      ),
      reader(api_dsn(process.config), static_cast<std::size_t>(process.config.integer("worker_threads"))),
      projections(pg::make_projection_progress_reader(engine_dsn(process.config))),
      directory(
          pg::make_pg_event_store(engine_dsn(process.config)), process.cryptography, process.partitions
      ),
      cursors(cursor_hmac(process.master_key)),
      bus(std::move(bus_options)),
      peers(process.config, engine_dsn(process.config), process.partitions, process.master_key),
      services{
          .bus = bus,
          .reader = reader,
          .visibility = process.visibility,
          .projections = *projections,
          .directory = directory,
          .tokens = tokens,
          .passwords = passwords,
          .workers = process.workers,
          .bootstrap = bootstrap,
          .clock = process.clock,
          .ids = process.ids,
          .cryptography = process.cryptography,
          .cursors = cursors,
          .partitions = process.partitions,
          .session_lifetime_s = process.config.integer("refresh_token_ttl_s"),
          .report = [](std::string_view code, const std::string& detail, const std::string& request_id
                    ) { runtime::log(runtime::Level::error, code, detail, {{"request_id", request_id}}); },
          .peers = peers.peers(),
      },
      checks(directory, process.config.integer("session_check_ttl_s") * 1000),
      feed(engine_dsn(process.config), process.visibility) {}

server::ServerOptions Process::Impl::server_options() {
    return {
        .address = config.text("address"),
        .port = static_cast<std::uint16_t>(config.integer("port")),
        .io_threads = api ? static_cast<unsigned>(config.integer("io_threads")) : 1,
        .cors = http::CorsPolicy(config.list("cors_origins")),
        .body_bytes_max = [](const http::Request& request
                          ) { return api::body_bytes_max(request, http::Limits{}); },
        .refuse_unread = api ? api::make_unread_refusal(api->services, api::all_routes()) : nullptr,
        .log = [](std::string_view code,
                  std::string_view message) { runtime::log(runtime::Level::warning, code, message); },
        .answered = [this](const server::Answered& answer) { record_answer(metrics, answer); },
    };
}

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
    options.appended = [this](std::vector<EventRow> events) { kafka.appended(std::move(events)); };
    options.report = [](std::string_view code, const std::string& detail) {
        runtime::log(runtime::Level::warning, code, detail);
    };
    return options;
}

Check Process::Impl::check_database() {
    if (!api) return progress.database();
    try {
        (void)api->reader.run(kPlatformRealm, pg::Statement{"health_select", "select 1"});
        return {"database", Health::ok, "PostgreSQL answers"};
    } catch (const std::exception& error) {
        return {"database", Health::failing, error.what()};
    }
}

std::vector<Check> Process::Impl::check_parts() {
    std::vector<Check> checks = kafka.checks();
    if (api) api->peers.add_checks(checks);
    if (shows_progress()) std::ranges::move(progress.checks(), std::back_inserter(checks));
    return checks;
}

HealthSources Process::Impl::health_sources() {
    return {
        .database = [this] { return check_database(); },
        .parts = [this] { return check_parts(); },
        .update_metrics = [this](runtime::Metrics& into) { update_metrics(into); },
        .draining = &draining,
    };
}

void Process::Impl::update_metrics(runtime::Metrics& into) {
    if (api) update_command_metrics(api->bus.stats(), workers.pool(), into);
    if (api) api->peers.update_metrics(into);
    into.gauge("annals_http_connections", "Open connections").set(static_cast<double>(server->connections()));
    kafka.update_metrics(into);
    if (shows_progress()) progress.update_metrics(into);
}

Process::Process(const runtime::Config& config) : impl_(std::make_unique<Impl>(config)) {}
Process::~Process() = default;

void Process::Impl::listen() {
    std::vector<http::Endpoint> endpoints = health_endpoints(health_sources(), metrics, workers);
    if (api) {
        std::ranges::move(
            api::make_endpoints(api->services, api->checks, api::all_routes()), std::back_inserter(endpoints)
        );
        std::ranges::move(
            api::docs_endpoints(api::all_routes(), {config.text("topic"), partitions}),
            std::back_inserter(endpoints)
        );
        api->peers.add_endpoints(endpoints, api->services, api->checks);
    }
    auto dispatcher =
        http::make_dispatcher(std::move(endpoints), http::CorsPolicy(config.list("cors_origins")));
    try {
        server->start(std::move(dispatcher));
    } catch (const std::runtime_error& taken) {
        throw runtime::ConfigError(std::string(taken.what()) + "; choose another with --address and --port");
    }
}

bool Process::Impl::is_bootstrapped() const {
    const ReservationKey key = organizations::bootstrap_reservation();
    return pg::make_pg_event_store(engine_dsn(config))->find_reservation(key).has_value();
}

RunFile Process::Impl::run_file(bool bootstrapped) const {
    RunFile run;
    run.health = "http://" + config.text("address") + ":" + std::to_string(server->port());
    run.kafka = kafka.bootstrap();
    run.dsn = config.text("dsn");
    if (!api) return run;
    run.api = run.health;
    if (!bootstrapped) run.bootstrap_token = api->bootstrap.text();
    return run;
}

void Process::start() {
    // Whatever may fail comes first: a process that answers does not end because PostgreSQL left meanwhile,
    // and one whose port is taken has not begun anything.
    const bool bootstrapped = impl_->is_bootstrapped();
    impl_->listen();
    impl_->kafka.start();
    if (impl_->api) impl_->api->peers.start(impl_->server->port());
    const RunFile run = impl_->run_file(bootstrapped);
    write_run_file(impl_->config.in_home(run_file_name(impl_->config)), run);
    runtime::log(
        runtime::Level::info, "APP-51a7", "serving",
        {{"address", run.health}, {"kafka", run.kafka}, {"roles", roles_of(impl_->config)}}
    );
}

void Process::stop() {
    impl_->draining.store(true);
    if (impl_->api) impl_->api->peers.leave();
    const auto deadline_ms = static_cast<std::uint32_t>(impl_->config.integer("drain_timeout_s") * 1000);
    (void)impl_->server->stop(std::min(deadline_ms, http::kStopDeadlineMsMax));
    if (impl_->api) {
        impl_->api->bus.stop();
        impl_->api->passwords.stop();
    }
    impl_->workers.stop();
    impl_->visibility.close();
    impl_->kafka.stop();
}

}  // namespace annals::app
