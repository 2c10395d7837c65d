#pragma once

#include "commands/catalogue.hpp"
#include "commands/kernel/command_bus.hpp"
#include "commands/kernel/committed_state.hpp"
#include "domain/identity/commands.hpp"
#include "domain/organizations/commands.hpp"
#include "tests/support/command_results.hpp"
#include "tests/support/memory_log.hpp"
#include "tests/support/values.hpp"

#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace annals::test {

/// The command side over a log in memory: commands go through the real bus, and the test looks at what was
/// appended.
class CommandWorld {
public:
    static constexpr std::uint16_t kPartitions = 4;

    MemoryLog log{kPartitions};
    FixedClock clock{instant("2026-03-01T12:00:00Z")};
    CountingIds ids;
    PlainCryptography cryptography;

    template <class Command>
    CommandResult send(UserId actor, TenantId realm, const Uuid& target, Command command) {
        CommandRequest request;
        request.type = &command_type_of<Command>();
        request.command = std::make_shared<const Command>(std::move(command));
        request.target = target;
        request.realm = realm;
        request.actor = {contract::ActorKind::user, actor.value, std::nullopt};
        request.command_id = CommandId{ids.next()};
        std::promise<CommandResult> answered;
        auto answer = answered.get_future();
        bus_.submit(std::move(request), [&](CommandResult result) { answered.set_value(std::move(result)); });
        return answer.get();
    }

    /// A new stream of the realm.
    template <class Command>
    CommandResult create(UserId actor, TenantId realm, Command command) {
        return send(actor, realm, ids.next(), std::move(command));
    }

    UserId register_user(const std::string& email) {
        const UserId user{ids.next()};
        const auto result = send(user, realm_of(user), user.value, registration(email));
        EXPECT_TRUE(result) << result.error().detail;
        return user;
    }

    identity::RegisterUser registration(const std::string& email) {
        return {
            .email = text<Email>(email),
            .display_name = text<identity::DisplayName>("Somebody"),
            .credential_id = CredentialId{ids.next()},
            .password_hash = Secret::trusted("hash of " + email),
        };
    }

    TenantId found(UserId owner, const std::string& slug) {
        const TenantId tenant{ids.next()};
        const organizations::CreateTenant command{
            .name = text<organizations::TenantName>("The " + slug), .slug = text<Slug>(slug)
        };
        const auto result = send(owner, tenant, tenant.value, command);
        EXPECT_TRUE(result) << result.error().detail;
        return tenant;
    }

    /// Registers a person and makes them a member by invitation.
    UserId join(
        TenantId tenant, UserId inviter, const std::string& email, organizations::GrantedRoles roles
    ) {
        const auto invited =
            create(inviter, tenant, organizations::InviteMember{text<Email>(email), std::move(roles)});
        EXPECT_TRUE(invited) << invited.error().detail;
        const UserId user = register_user(email);
        const auto accepted =
            send(user, tenant, invited->id, organizations::AcceptInvitation{.user_id = user});
        EXPECT_TRUE(accepted) << accepted.error().detail;
        return user;
    }

    template <Decider D>
    typename D::State state(TenantId realm, const Uuid& stream) {
        const auto store = log.open();
        CommittedState committed(*store, cryptography, kPartitions, 16);
        committed.synchronise();
        const StreamState found = committed.stream(aggregate_type<D>(), realm, stream);
        return *static_cast<const typename D::State*>(found.state.get());
    }

    /// The types of a stream's events, in order.
    std::vector<std::string> event_types(const Uuid& stream) {
        std::vector<std::string> types;
        for (const EventRow& row : log.events()) {
            if (row.stream == stream) types.push_back(row.type);
        }
        return types;
    }

    /// What an operator would have been told; a test that ends with anything here has found a defect.
    std::vector<std::string> reports;

    ~CommandWorld() {
        bus_.stop();
        EXPECT_EQ(std::vector<std::string>{}, reports);
    }

private:
    CommandBus bus_{CommandBusOptions{
        .partitions = kPartitions,
        .open_store = [this] { return log.open(); },
        .clock = &clock,
        .ids = &ids,
        .cryptography = &cryptography,
        .appended = {},
        .report = [this](
                      std::string_view code, const std::string& detail
                  ) { reports.push_back(std::string(code) + ' ' + detail); },
    }};
};

}  // namespace annals::test
