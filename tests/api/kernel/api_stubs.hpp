#pragma once

#include "api/kernel/services.hpp"

#include <stdexcept>
#include <string>

namespace annals::api {

/// The token of the one person whom OneToken knows.
inline constexpr std::string_view kToken = "ada";

/// What no command of a resource route comes to.
struct NoQueries final : QueryReader {
    std::unique_ptr<QueryResult> query(TenantId, const Statement&, std::span<const QueryParam>) override {
        throw std::logic_error("a command asked a query table");
    }
};
struct NoProgress final : ProjectionProgressReader {
    ProjectionProgress read(std::span<const std::string>) override { return {}; }
    std::vector<std::string> copies() override { return {}; }
    std::vector<ParkedEntry> parked(std::size_t) override { return {}; }
};
struct NoPasswords final : Passwords {
    bool submit(std::move_only_function<void()>, std::move_only_function<void()>) override { return false; }
    std::string hash(const std::string&) override { return {}; }
    bool verify(const std::optional<std::string>&, const std::string&) override { return false; }
    std::optional<std::string> weakness(const std::string&, const std::string&) override { return {}; }
};
struct NoBootstrap final : Bootstrap {
    bool matches(std::string_view) override { return false; }
};
struct WorkersOnTheSpot final : Workers {
    bool submit(std::move_only_function<void()> job, std::move_only_function<void()>) override {
        job();
        return true;
    }
};
/// One token, of one person.
struct OneToken final : AccessTokens {
    explicit OneToken(const Principal& whose) : principal(whose) {}
    std::optional<Principal> verify(std::string_view token, Instant) override {
        if (token != kToken) return std::nullopt;
        return principal;
    }
    std::string mint(Principal&, Instant) override { return std::string(kToken); }
    [[nodiscard]] std::int64_t lifetime_s() const override { return 600; }
    [[nodiscard]] std::string jwks() const override { return {}; }
    Principal principal;
};

}  // namespace annals::api
