#pragma once

#include "commands/ports/environment.hpp"
#include "domain/kernel/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace annals::identity {

/// What a refresh token says: whose session it continues, and the how-manieth it is. The text given to the
/// client adds a fresh UUIDv7 and a keyed hash over everything, so a token that we did not make changes
/// nothing; the vault holds a hash of the one that is valid now.
struct RefreshToken {
    UserId user{};
    SessionId session{};
    std::uint32_t generation{0};
};

std::string write_refresh_token(Cryptography& cryptography, const RefreshToken& token, const Uuid& random);
/// Nothing for a text that we did not make.
std::optional<RefreshToken> read_refresh_token(Cryptography& cryptography, std::string_view text);
/// What the vault keeps of a token.
std::string token_hash(Cryptography& cryptography, std::string_view text);

/// What an invitation's token says. It follows from the invitation and a key of the server, so it can be
/// shown again and is stored nowhere.
struct InvitationToken {
    TenantId tenant{};
    InvitationId invitation{};
};

std::string write_invitation_token(Cryptography& cryptography, const InvitationToken& token);
std::optional<InvitationToken> read_invitation_token(Cryptography& cryptography, std::string_view text);

}  // namespace annals::identity
