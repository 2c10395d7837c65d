#pragma once

#include "infra/runtime/config_checks.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace annals::runtime {

enum class SettingType {
    text,
    integer,
    list,  ///< texts separated by commas
    path,  ///< a default is inside the home folder, a given one relative to the working directory
};

/// One setting. Its name is the key in the TOML file, with dashes the command-line flag
/// (--access-token-ttl-s), in capitals the environment variable (ANNALS_ACCESS_TOKEN_TTL_S).
struct SettingInfo {
    std::string_view name;
    SettingType type{SettingType::text};
    std::string_view default_value{};
    std::int64_t min{0};          ///< of an integer
    std::int64_t max{0};          ///< of an integer
    std::string_view unit{};      ///< of an integer: "s"
    std::string_view choices{};   ///< of a text or of the items of a list, separated by spaces
    SettingCheck check{nullptr};  ///< of a text that is not empty, or of each item of a list
    bool secret{false};           ///< never printed; may come from a file named by ANNALS_<NAME>_FILE
    bool reloadable{false};       ///< a change takes effect without a restart
    std::string_view help{};
};

/// Every setting there is.
inline constexpr auto kSettings = std::to_array<SettingInfo>({
    {.name = "home",
     .default_value = ".annals",
     .help = "folder of keys, logs and the private PostgreSQL cluster"},
    {.name = "config",
     .help = "settings file (TOML); when not given, annals.toml in the home folder if it is there"},

    {.name = "dsn", .secret = true, .help = "PostgreSQL connection of the server, a role that owns nothing"},
    {.name = "owner_dsn",
     .secret = true,
     .help = "PostgreSQL connection of a role that may create: for `migrate`, `backup`, `log raise-epoch`, "
             "`projections rebuild` and the like, not for `serve`"},
    {.name = "api_dsn",
     .secret = true,
     .help = "PostgreSQL connection of queries, a role under row-level security; when empty, dsn with the "
             "role annals_api"},

    {.name = "address",
     .default_value = "127.0.0.1",
     .check = check_ip_address,
     .help = "IP address the API listens on"},
    {.name = "port",
     .type = SettingType::integer,
     .default_value = "8080",
     .max = 65535,
     .help = "port the API listens on; 0 takes any free one"},
    {.name = "roles",
     .type = SettingType::list,
     .default_value = "api,relay,projector,worker",
     .choices = "api relay projector worker",
     .help = "what this process does"},
    {.name = "peer_url",
     .check = check_peer_url,
     .help =
         "where other API processes of this log reach this one, such as http://10.0.0.5:8080, so that each "
         "partition's commands are decided in one process; auto takes address and port; empty takes no part"},
    {.name = "deciders",
     .type = SettingType::integer,
     .default_value = "1",
     .min = 1,
     .max = 256,
     .unit = "processes",
     .help = "of the API processes with a peer_url, how many decide commands; the same in all of them. Fewer "
             "append "
             "larger batches, which PostgreSQL takes more of"},
    {.name = "cors_origins",
     .type = SettingType::list,
     .check = check_origin,
     .reloadable = true,
     .help = "origins whose pages may call the API, such as https://app.example.org"},

    {.name = "kafka",
     .check = check_host_port,
     .help = "HOST:PORT of a Kafka broker; empty hosts librdkafka's in-memory broker inside the process"},
    {.name = "topic",
     .default_value = "annals.events",
     .check = check_topic_name,
     .help = "Kafka topic of the events"},
    {.name = "partitions",
     .type = SettingType::integer,
     .default_value = "8",
     .min = 1,
     .max = 256,
     .help = "partitions of log and topic; fixed once the log exists"},

    {.name = "io_threads",
     .type = SettingType::integer,
     .default_value = "1",
     .min = 1,
     .max = 64,
     .unit = "threads",
     .help = "threads that read and write connections"},
    {.name = "worker_threads",
     .type = SettingType::integer,
     .default_value = "4",
     .min = 1,
     .max = 64,
     .unit = "threads",
     .help = "threads that run queries"},
    {.name = "writer_count",
     .type = SettingType::integer,
     .default_value = "1",
     .min = 1,
     .max = 16,
     .help = "writers of the log, each with a connection of its own"},
    {.name = "drain_timeout_s",
     .type = SettingType::integer,
     .default_value = "10",
     .min = 1,
     .max = 300,
     .unit = "s",
     .help = "how long a stop waits for requests that run"},

    {.name = "log_level",
     .default_value = "info",
     .choices = "debug info warning error",
     .reloadable = true,
     .help = "lines below this level are not written"},
    {.name = "log_format",
     .default_value = "json",
     .choices = "json text",
     .help = "json for machines, text for a terminal"},
    {.name = "log_file", .help = "file the log is appended to; empty writes to standard error"},

    {.name = "issuer", .default_value = "annals", .check = check_token_name, .help = "`iss` of access tokens"
    },
    {.name = "audience",
     .default_value = "annals-api",
     .check = check_token_name,
     .help = "`aud` of access tokens"},
    {.name = "access_token_ttl_s",
     .type = SettingType::integer,
     .default_value = "600",
     .min = 30,
     .max = 3600,
     .unit = "s",
     .help = "life of an access token"},
    {.name = "refresh_token_ttl_s",
     .type = SettingType::integer,
     .default_value = "2592000",
     .min = 300,
     .max = 31'536'000,
     .unit = "s",
     .help = "life of a session, counted from the login"},
    {.name = "session_check_ttl_s",
     .type = SettingType::integer,
     .default_value = "5",
     .min = 0,
     .max = 60,
     .unit = "s",
     .help = "how long an ended session or a lost right may still be honoured"},
    {.name = "master_key_file",
     .type = SettingType::path,
     .default_value = "keys/master.key",
     .help = "32 random bytes that protect all personal data, mode 0600; back it up apart from the database"},
    {.name = "signing_key_file",
     .type = SettingType::path,
     .default_value = "keys/signing.key",
     .help = "Ed25519 key that signs access tokens, mode 0600; made when missing"},
});

inline constexpr std::size_t kNoSetting = kSettings.size();

constexpr std::size_t find_setting(std::string_view name) {
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        if (kSettings[i].name == name) return i;
    }
    return kNoSetting;
}

/// The name of a setting of one type, checked when compiling: config.integer("prot") does not build.
template <SettingType Type>
class SettingKey {
public:
    consteval SettingKey(const char* name) : index_(find_setting(name)) {
        if (index_ == kNoSetting) throw "no setting has this name";
        if (kSettings[index_].type != Type) throw "the setting has another type";
    }
    [[nodiscard]] constexpr std::size_t index() const { return index_; }

private:
    std::size_t index_;
};

/// "--access-token-ttl-s"
std::string flag_name(const SettingInfo& setting);
/// "ANNALS_ACCESS_TOKEN_TTL_S"
std::string environment_name(const SettingInfo& setting);
/// The known name nearest to a mistyped one, or empty when none is near.
std::string_view nearest_setting(std::string_view mistyped);

}  // namespace annals::runtime
