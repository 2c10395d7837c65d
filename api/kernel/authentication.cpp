#include "api/kernel/authentication.hpp"

#include <chrono>

namespace annals::api {
namespace {

constexpr std::string_view kScheme = "Bearer ";

bool has_bearer_scheme(std::string_view value) {
    if (value.size() <= kScheme.size()) return false;
    for (std::size_t i = 0; i < kScheme.size(); ++i) {
        const char c =
            value[i] >= 'A' && value[i] <= 'Z' ? static_cast<char>(value[i] - 'A' + 'a') : value[i];
        const char expected = kScheme[i] == 'B' ? 'b' : kScheme[i];
        if (c != expected) return false;
    }
    return true;
}

}  // namespace

std::expected<Principal, http::Problem> authenticate(
    const http::Request& request, AccessTokens& tokens, Instant now
) {
    const auto header = request.headers.find("authorization");
    if (!header) {
        return std::unexpected(
            http::make_problem("UNAUTHENTICATED", "send an access token: Authorization: Bearer …")
        );
    }
    if (!has_bearer_scheme(*header)) {
        return std::unexpected(http::make_problem("UNAUTHENTICATED", "only Bearer tokens are accepted"));
    }
    auto principal = tokens.verify(header->substr(kScheme.size()), now);
    if (!principal) {
        return std::unexpected(
            http::make_problem("UNAUTHENTICATED", "the access token is expired or was not issued here")
        );
    }
    return *principal;
}

std::optional<AccessChecks::Verdict> AccessChecks::known(
    const Principal& principal, TenantId realm, std::int64_t now_ms
) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find({principal.user, principal.session, realm});
    if (found == entries_.end() || now_ms - found->second.found_at_ms > lifetime_ms_) return std::nullopt;
    return found->second.verdict;
}

AccessChecks::Verdict AccessChecks::look_up(
    const Principal& principal, TenantId realm, Instant now, std::int64_t now_ms
) {
    Verdict verdict;
    verdict.session_active =
        identity::Session::is_active(directory_.session(principal.user, principal.session), now);
    if (verdict.session_active && realm != realm_of(principal.user)) {
        verdict.roles = directory_.roles(realm, principal.user);
    }
    const bool worth_keeping =
        verdict.session_active && (!verdict.roles.empty() || realm == realm_of(principal.user));
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= kVerdictsMax) entries_.clear();
    // A refusal is not remembered: somebody who joins is let in at once.
    if (worth_keeping) {
        entries_[{principal.user, principal.session, realm}] = {verdict, now_ms};
    } else {
        entries_.erase({principal.user, principal.session, realm});
    }
    return verdict;
}

std::int64_t steady_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch()
    )
        .count();
}

}  // namespace annals::api
