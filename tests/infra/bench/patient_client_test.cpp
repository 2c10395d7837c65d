#include "infra/bench/patient_client.hpp"

#include "tests/infra/bench/canned_server.hpp"

#include <gtest/gtest.h>
#include <string>

namespace annals::bench {
namespace {

const std::string kRequest = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr Patience kPatient{true, std::chrono::milliseconds(2'000), std::chrono::milliseconds(2'000)};

std::string answer(int status, const std::string& body = "") {
    return "HTTP/1.1 " + std::to_string(status) +
           " x\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// Where nobody listens.
Endpoint nobody() {
    const CannedServer gone({});
    return gone.endpoint();
}

TEST(PatientClient, AsksTheNextServerWhenOneIsUnavailable) {
    const CannedServer away({answer(503)});
    const CannedServer well({answer(200)});
    PatientClient client({away.endpoint(), well.endpoint()}, 0, kPatient);
    const auto got = client.exchange(kRequest, true);
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->status, 200);
    EXPECT_EQ(client.index(), 1U);
}

TEST(PatientClient, AsksTheNextServerWhenTheAnswerIsLost) {
    const CannedServer broken({""});
    const CannedServer well({answer(201)});
    PatientClient client({broken.endpoint(), well.endpoint()}, 0, kPatient);
    const auto got = client.exchange(kRequest, true);
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->status, 201);
}

TEST(PatientClient, NeverRepeatsWhatMayHaveBeenDone) {
    const CannedServer broken({""});
    const CannedServer well({answer(201)});
    PatientClient client({broken.endpoint(), well.endpoint()}, 0, kPatient);
    const auto got = client.exchange(kRequest, false);
    EXPECT_FALSE(got.has_value());
    EXPECT_EQ(well.requests(), 0);
}

TEST(PatientClient, RepeatsWhatNeverLeft) {
    const CannedServer well({answer(201)});
    PatientClient client({nobody(), well.endpoint()}, 0, kPatient);
    const auto got = client.exchange(kRequest, false);
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->status, 201);
}

TEST(PatientClient, WaitsWhereTheRequestIsBeingCarriedOut) {
    const CannedServer busy({answer(409, R"({"code":"IN_PROGRESS"})"), answer(201)});
    const CannedServer other({answer(200)});
    PatientClient client({busy.endpoint(), other.endpoint()}, 0, kPatient);
    const auto got = client.exchange(kRequest, true);
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->status, 201);
    EXPECT_EQ(other.requests(), 0);
}

TEST(PatientClient, TakesARefusalForAnAnswer) {
    const CannedServer well({answer(409, R"({"code":"DUPLICATE"})")});
    PatientClient client({well.endpoint()}, 0, kPatient);
    const auto got = client.exchange(kRequest, true);
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->status, 409);
}

TEST(PatientClient, GivesUpInTheEnd) {
    Patience brief = kPatient;
    brief.give_up_after = std::chrono::milliseconds(100);
    PatientClient client({nobody()}, 0, brief);
    const auto got = client.exchange(kRequest, true);
    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error(), Lost::unreachable);
}

TEST(PatientClient, WithoutPatienceSaysWhatItMet) {
    const CannedServer away({answer(503)});
    const CannedServer well({answer(200)});
    PatientClient client({away.endpoint(), well.endpoint()}, 0, Patience{});
    const auto got = client.exchange(kRequest, true);
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->status, 503);
    EXPECT_EQ(well.requests(), 0);
}

}  // namespace
}  // namespace annals::bench
