#include "tests/support/api_client.hpp"

#include <fmt/format.h>
#include <ostream>
#include <stdexcept>

namespace annals::test {
namespace {

constexpr std::chrono::seconds kAnswerLimit{20};

Answer read_answer(std::expected<bench::HttpAnswer, bench::Lost> received, std::string_view request) {
    if (!received) {
        throw std::runtime_error(
            fmt::format("no answer ({}) to {}", bench::to_string(received.error()), request.substr(0, 200))
        );
    }
    Answer answer{received->status, std::move(*received), {}};
    if (answer.raw.body.starts_with('{') && answer.header("content-encoding").empty()) {
        answer.json = Json::parse(answer.raw.body);
    }
    return answer;
}

bool names(const Words& headers, std::string_view start) {
    for (const std::string& header : headers) {
        if (header.starts_with(start)) return true;
    }
    return false;
}

}  // namespace

std::string Answer::header(std::string_view lower_case_name) const {
    std::string joined;
    for (const auto& [name, value] : raw.headers) {
        if (name != lower_case_name) continue;
        if (!joined.empty()) joined += ", ";
        joined += value;
    }
    return joined;
}

std::string Answer::without_instance() const {
    Json problem = json;
    problem.remove("instance");
    return fmt::format("{} {}", status, problem.write());
}

std::ostream& operator<<(std::ostream& out, const Answer& answer) {
    return out << answer.status << ' ' << answer.raw.body.substr(0, 1000);
}

ApiClient::ApiClient(const ServedInstance& instance, std::string token)
    : ApiClient(instance.endpoint(), std::move(token)) {}

ApiClient::ApiClient(const bench::Endpoint& endpoint, std::string token)
    : http_(endpoint, kAnswerLimit), token_(std::move(token)) {}

Answer ApiClient::send(
    std::string_view method, const std::string& target, std::string_view body, const Words& headers
) {
    Words all = headers;
    if (!token_.empty() && !names(headers, "Authorization")) all.push_back("Authorization: Bearer " + token_);
    if (!body.empty() && !names(headers, "Content-Type")) all.emplace_back("Content-Type: application/json");
    return send_raw(bench::write_request(endpoint(), method, target, all, body));
}

Answer ApiClient::send_raw(std::string_view request) {
    auto answer = http_.exchange(request);
    // A kept connection may have been closed as idle or by a restart; only the first byte tells.
    if (!answer && answer.error() == bench::Lost::closed) answer = http_.exchange(request);
    return read_answer(std::move(answer), request);
}

Json ApiClient::must_post(const std::string& target, const std::string& body, const Words& headers) {
    Answer answer = post(target, body, headers);
    if (answer.status == 200 || answer.status == 201) return std::move(answer.json);
    throw std::runtime_error(fmt::format("{} {} -> {} {}", target, body, answer.status, answer.raw.body));
}

Json ApiClient::must_get(const std::string& target) {
    Answer answer = get(target);
    if (answer.status == 200) return std::move(answer.json);
    throw std::runtime_error(fmt::format("{} -> {} {}", target, answer.status, answer.raw.body));
}

TwoOrganizations::TwoOrganizations(const ServedInstance& instance)
    : public_client(instance), ada(instance), max(instance), vic(instance), jacq(instance) {
    const Json first = public_client.must_post(
        kApi + "/bootstrap",
        fmt::format(
            R"({{"token":"{}","email":"ada@example.org","password":"{}","display_name":"Ada",)"
            R"("organization":{{"name":"Engines","slug":"engines"}}}})",
            instance.bootstrap_token(), kPassword
        )
    );
    engines = first.text("/tenant_id");
    ada_id = first.text("/user_id");
    ada_refresh_token = first.text("/refresh_token");
    ada.use_token(first.text("/access_token"));
    looms =
        ada.must_post(kApi + "/orgs", R"({"name":"Looms","slug":"looms"})", {"Prefer: wait=10"}).text("/id");
    max.use_token(join(engines, "max", "member"));
    max_id = last_joined_;
    vic.use_token(join(engines, "vic", "viewer"));
    vic_id = last_joined_;
    jacq.use_token(join(looms, "jacq", "owner"));
    jacq_id = last_joined_;
}

std::string TwoOrganizations::join(
    const std::string& organization, const std::string& name, const std::string& role
) {
    const Json invitation = ada.must_post(
        kApi + "/orgs/" + organization + "/invitations",
        fmt::format(R"({{"email":"{}@example.org","roles":["{}"]}})", name, role)
    );
    last_invitation = invitation.text("/id");
    last_invitation_token = invitation.text("/token");
    const Json joined = public_client.must_post(
        kApi + "/invitations/accept", fmt::format(
                                          R"({{"token":"{}","password":"{}","display_name":"{}"}})",
                                          invitation.text("/token"), kPassword, name
                                      )
    );
    last_joined_ = joined.text("/user_id");
    return log_in(name + "@example.org", organization);
}

std::string TwoOrganizations::log_in(const std::string& email, const std::string& organization) {
    return public_client
        .must_post(
            kApi + "/auth/login",
            fmt::format(R"({{"login":"{}","password":"{}","tenant":"{}"}})", email, kPassword, organization)
        )
        .text("/access_token");
}

SmallBoard::SmallBoard(ApiClient& client, const std::string& key) {
    project =
        client
            .must_post(
                kApi + "/projects",
                fmt::format(
                    R"({{"name":"Project {0}","key":"{0}","columns":[{{"name":"To do","category":"todo"}},)"
                    R"({{"name":"Doing","category":"in_progress","wip_limit":1}},)"
                    R"({{"name":"Done","category":"done"}}]}})",
                    key
                ),
                {"Prefer: wait=10"}
            )
            .text("/id");
    const Json view = client.must_get(kApi + "/projects/" + project);
    todo = view.text("/columns/0/id");
    doing = view.text("/columns/1/id");
    done = view.text("/columns/2/id");
    const std::string tasks = kApi + "/projects/" + project + "/tasks";
    first_task = client.must_post(tasks, R"({"title":"First"})", {"Prefer: wait=10"}).text("/id");
    second_task = client.must_post(tasks, R"({"title":"Second"})", {"Prefer: wait=10"}).text("/id");
}

}  // namespace annals::test
