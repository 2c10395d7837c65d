// Made from the table of routes and the tables of their bodies: there is no route without these tests.
#include "api/http/limits.hpp"
#include "api/http/problem_catalogue.hpp"
#include "tests/api/bad_input_cases.hpp"
#include "tests/api/route_cases.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <map>
#include <set>

namespace annals::test {
namespace {

using testing::HasSubstr;

class BadInput : public testing::Test {
protected:
    void TearDown() override {
        EXPECT_EQ(instance.events(), events_before) << "a refused request changed something";
    }

    /// Every refusal is a problem as RFC 9457 has it, and one that the catalogue explains.
    static void expect_refused(const Answer& answer, int status, const std::string& what) {
        EXPECT_EQ(answer.status, status) << what << ' ' << answer;
        EXPECT_EQ(answer.header("content-type"), "application/problem+json") << what;
        EXPECT_NE(http::find_problem(answer.code()), nullptr) << what << ' ' << answer;
        EXPECT_EQ(answer.text("/status"), std::to_string(answer.status)) << what;
        EXPECT_THAT(answer.text("/instance"), testing::StartsWith("urn:uuid:")) << what;
    }
    Answer send(const api::Route& route, std::string_view body, const Words& headers = {}) {
        return people.ada.send(http::to_string(route.method), path_of(route, ids), body, headers);
    }

    ServedInstance instance;
    TwoOrganizations people{instance};
    SmallBoard board{people.ada, "BAD"};
    Ids ids = ids_of(people.engines, board, people.max_id);
    std::uint64_t events_before = instance.events();
};

/// What a route reads, and which of its fields stand in the path.
struct Reads {
    const contract::TypeInfo* type{nullptr};
    std::vector<std::string_view> given_by_path{};
};

Reads body_type(const api::Route& route) {
    if (const auto* command = std::get_if<api::CommandRoute>(&route.action)) {
        Reads reads{command->type->shape->shape, {}};
        if (!command->field.empty()) reads.given_by_path.push_back(command->field);
        return reads;
    }
    if (const auto* custom = std::get_if<api::CustomRoute>(&route.action)) return {custom->body, {}};
    return {};
}

TEST_F(BadInput, IsAnsweredWithThePointerOfEachFault) {
    int checked = 0;
    for (const api::Route& route : api::all_routes()) {
        const Reads reads = body_type(route);
        if (reads.type == nullptr) continue;
        for (const BadBody& bad : bad_bodies(*reads.type, reads.given_by_path)) {
            const std::string what =
                fmt::format("{}: {} {}", route.operation, bad.what, bad.body.substr(0, 300));
            const Answer answer = send(route, bad.body);
            expect_refused(answer, 422, what);
            EXPECT_EQ(answer.code(), "VALIDATION_FAILED") << what;
            std::set<std::string> pointers;
            for (const Json& error : answer.json.items("/errors")) pointers.insert(error.text("/pointer"));
            EXPECT_TRUE(pointers.contains(bad.pointer)) << what << answer;
            ++checked;
        }
    }
    EXPECT_GT(checked, 200);
}

TEST_F(BadInput, IsToldFromADocumentThatIsNone) {
    for (const api::Route& route : api::all_routes()) {
        if (body_type(route).type == nullptr) continue;
        for (const std::string& document : malformed_documents()) {
            const Answer answer = send(route, document);
            const std::string what = fmt::format("{}: {}", route.operation, document.substr(0, 100));
            expect_refused(answer, 400, what);
            EXPECT_EQ(answer.code(), "MALFORMED_JSON") << what << answer;
        }
        for (const char* other : {"[]", "null", "7", R"("text")", "true"}) {
            expect_refused(send(route, other), 422, fmt::format("{}: {}", route.operation, other));
        }
    }
}

TEST_F(BadInput, IsOfTheWrongMediaTypeOrAskedForInAnother) {
    for (const api::Route& route : api::all_routes()) {
        expect_refused(send(route, "", {"Accept: text/html"}), 406, std::string(route.operation));
        expect_refused(
            send(route, "", {"Accept: application/json;q=0, */*"}), 406, std::string(route.operation)
        );
        if (body_type(route).type == nullptr) continue;
        for (const char* type :
             {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
              "application/json; charset=latin1", "application/xml", "json"}) {
            const std::string header = fmt::format("Content-Type: {}", type);
            expect_refused(send(route, "{}", {header}), 415, fmt::format("{} {}", route.operation, header));
        }
        expect_refused(
            send(route, "{}", {"Content-Type: application/json", "Content-Encoding: gzip"}), 415,
            std::string(route.operation)
        );
    }
}

TEST_F(BadInput, IsLargerThanARouteReads) {
    const http::Limits limits;
    for (const api::Route& route : api::all_routes()) {
        if (body_type(route).type == nullptr) continue;
        const bool batch = route.operation == "sendCommands";
        const std::size_t max = batch ? limits.batch_body_bytes_max : limits.body_bytes_max;
        // The length alone is enough: the server does not wait for a body that it will not read.
        ApiClient client(instance);
        const Answer answer = client.send_raw(fmt::format(
            "{} {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n"
            "Content-Length: {}\r\n\r\n",
            http::to_string(route.method), path_of(route, ids), client.endpoint().authority(),
            people.ada.token(), max + 1
        ));
        expect_refused(answer, 413, std::string(route.operation));
        const std::string full = R"({"no_such_field":")" + std::string(max - 20, 'x') + R"("})";
        expect_refused(send(route, full), 422, fmt::format("{} at the limit", route.operation));
    }
}

TEST_F(BadInput, IsSentByAMethodThatTheResourceDoesNotHave) {
    std::map<std::string, std::set<std::string>> allowed;
    for (const api::Route& route : api::all_routes()) {
        auto& methods = allowed[path_of(route, ids)];
        methods.insert(std::string(http::to_string(route.method)));
        methods.insert("OPTIONS");
        if (route.method == http::Method::get) methods.insert("HEAD");
    }
    for (const auto& [path, methods] : allowed) {
        for (const char* method :
             {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW", "get"}) {
            if (methods.contains(method)) continue;
            ApiClient client(instance, people.ada.token());
            const Answer answer = client.send(method, path);
            expect_refused(answer, 405, fmt::format("{} {}", method, path));
            if (answer.header("allow").empty())
                continue;  // an unknown method is refused before the path is read
            for (const std::string& known : methods)
                EXPECT_THAT(answer.header("allow"), HasSubstr(known)) << path;
        }
    }
}

TEST_F(BadInput, HasParametersThatTheRouteDoesNotKnow) {
    for (const api::Route& route : api::all_routes()) {
        const std::string method(http::to_string(route.method));
        const std::string path = path_of(route, ids);
        for (const char* query : {"?no_such_parameter=1", "?=1", "?a=%zz", "?no_such_parameter"}) {
            const Answer answer =
                people.ada.send(method, path + query, filled(body_of(route).value_or(""), ids));
            expect_refused(answer, 400, fmt::format("{} {}", route.operation, query));
        }
    }
}

TEST_F(BadInput, HasParametersWithValuesThatCannotBe) {
    for (const api::Route& route : api::all_routes()) {
        const auto* query = std::get_if<api::QueryRoute>(&route.action);
        if (query == nullptr) continue;
        std::vector<std::string> queries{
            "min_position=soon", "min_position=", "min_position=1-0-1&min_position=1-0-1"
        };
        if (query->list) {
            for (const char* one :
                 {"limit=0", "limit=-1", "limit=ten", "limit=1.5", "limit=", "limit=99999999999999999999",
                  "sort=", "sort=no_such_field", "sort=:desc", "cursor=garbage",
                  "cursor=", "limit=1&limit=2"}) {
                queries.emplace_back(one);
            }
            for (const auto sort : query->sorts) queries.push_back(fmt::format("sort={}:sideways", sort));
        }
        if (query->parameters != nullptr) {
            for (const contract::FieldInfo& field : query->parameters->fields) {
                for (const auto& value : bad_values(*field.type))
                    queries.push_back(fmt::format("{}={}", field.name, value));
            }
        }
        for (const std::string& bad : queries) {
            const std::string target = path_of(route, ids) + "?" + bad;
            expect_refused(people.ada.get(target), 400, target.substr(0, 200));
        }
    }
}

TEST_F(BadInput, HasHeadersThatSayNothingSensible) {
    const std::string long_key =
        "Idempotency-Key: " + std::string(http::kIdempotencyKeyCharactersMax + 1, 'k');
    for (const api::Route& route : api::all_routes()) {
        if (!std::holds_alternative<api::CommandRoute>(route.action)) continue;
        const std::string body = filled(body_of(route).value_or(""), ids);
        for (const std::string& header :
             {std::string("Idempotency-Key: "), long_key, std::string("If-Match: five"),
              std::string(R"(If-Match: W/"5")"), std::string(R"(If-Match: "5", "6")"),
              std::string(R"(If-None-Match: "5")")}) {
            expect_refused(send(route, body, {header}), 400, fmt::format("{} {}", route.operation, header));
        }
    }
}

TEST_F(BadInput, HasPathsThatLeadNowhere) {
    struct Path {
        const char* path;
        int status;
    };
    for (const Path& bad : {
             Path{"/api/v1/nothing", 404},
             Path{"/api/v1/tasks/", 404},
             Path{"/api/v2/tasks", 404},
             Path{"/api/v1/tasks/%2e%2e/projects", 400},
             Path{"/api/v1/tasks/../projects", 400},
             Path{"/api/v1/tasks/a%2fb", 400},
             Path{"/api/v1/tasks/%00", 400},
             Path{"/api/v1/tasks/%zz", 400},
             Path{"/api/v1/tasks/%c0%af", 400},
         }) {
        ApiClient client(instance, people.ada.token());
        expect_refused(client.get(bad.path), bad.status, bad.path);
    }
    ApiClient client(instance, people.ada.token());
    expect_refused(
        client.get("/api/v1/tasks?q=" + std::string(http::Limits{}.request_line_bytes_max, 'x')), 414,
        "a long line"
    );
    expect_refused(
        client.get("/api/v1/tasks", {"X-Long: " + std::string(http::Limits{}.header_bytes_max, 'x')}), 431,
        "a long header"
    );
}

}  // namespace
}  // namespace annals::test
