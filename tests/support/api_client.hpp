#pragma once

#include "tests/support/json_value.hpp"
#include "tests/support/served_instance.hpp"

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace annals::test {

struct Answer {
    int status{0};
    bench::HttpAnswer raw;
    Json json;  ///< null when the body is no JSON document

    /// Fields of the same name are one, joined by commas (RFC 9110 section 5.2); empty when there is none.
    [[nodiscard]] std::string header(std::string_view lower_case_name) const;
    [[nodiscard]] std::string text(std::string_view pointer) const { return json.text(pointer); }
    [[nodiscard]] std::string code() const { return json.text("/code"); }
    /// A problem without what differs each time; two answers that must not be told apart compare equal.
    [[nodiscard]] std::string without_instance() const;
};

/// For messages: the status and the body.
std::ostream& operator<<(std::ostream& out, const Answer& answer);

/// One person's connection to an instance. Throws when there is no answer at all.
class ApiClient {
public:
    explicit ApiClient(const ServedInstance& instance, std::string token = {});
    explicit ApiClient(const bench::Endpoint& endpoint, std::string token = {});

    /// Adds the token and, where there is a body, its media type, unless `headers` (whole lines) names them.
    Answer send(
        std::string_view method, const std::string& target, std::string_view body = {},
        const Words& headers = {}
    );
    Answer get(const std::string& target, const Words& headers = {}) {
        return send("GET", target, {}, headers);
    }
    Answer post(const std::string& target, std::string_view body, const Words& headers = {}) {
        return send("POST", target, body, headers);
    }
    Answer patch(const std::string& target, std::string_view body, const Words& headers = {}) {
        return send("PATCH", target, body, headers);
    }
    /// The bytes as they are.
    Answer send_raw(std::string_view request);

    /// Posts and expects 200 or 201; otherwise throws with the answer.
    Json must_post(const std::string& target, const std::string& body, const Words& headers = {});
    Json must_get(const std::string& target);

    void use_token(std::string token) { token_ = std::move(token); }
    [[nodiscard]] const std::string& token() const { return token_; }
    [[nodiscard]] const bench::Endpoint& endpoint() const { return http_.endpoint(); }

private:
    bench::HttpClient http_;
    std::string token_;
};

inline const std::string kApi = "/api/v1";
inline const std::string kPassword = "a passphrase of four words";

/// Two organizations that know nothing of each other. Ada owns Engines, where Max is a member and Vic a
/// viewer; Jacq owns Looms as Ada does, who founded it, but does not belong to Engines.
struct TwoOrganizations {
    explicit TwoOrganizations(const ServedInstance& instance);

    /// A person joins; answers the access token of a session in that organization.
    std::string join(const std::string& organization, const std::string& name, const std::string& role);
    std::string log_in(const std::string& email, const std::string& organization);

    ApiClient public_client;
    ApiClient ada, max, vic, jacq;
    std::string engines, looms;  ///< ids of the organizations
    std::string ada_id, max_id, vic_id, jacq_id;
    std::string ada_refresh_token;  ///< of the session that the bootstrap began
    std::string last_invitation, last_invitation_token;

private:
    std::string last_joined_;
};

/// A project with three columns and two tasks in the first one.
struct SmallBoard {
    SmallBoard(ApiClient& client, const std::string& key);

    std::string project, first_task, second_task;
    std::string todo, doing, done;  ///< columns; `doing` holds one task
};

}  // namespace annals::test
