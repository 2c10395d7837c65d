#pragma once

#include "api/kernel/services.hpp"
#include "infra/crypto/jwt.hpp"
#include "infra/crypto/password_pool.hpp"
#include "infra/crypto/verified_tokens.hpp"
#include "infra/runtime/worker_pool.hpp"

#include <chrono>
#include <string>

namespace annals::app {

/// The API's ports, made of infra's parts.

class JwtTokens final : public api::AccessTokens {
public:
    JwtTokens(
        const crypto::SigningKey& key, const crypto::TokenAuthority& authority, std::int64_t lifetime_s
    );

    std::optional<api::Principal> verify(std::string_view token, Instant now) override;
    std::string mint(api::Principal& principal, Instant now) override;
    [[nodiscard]] std::int64_t lifetime_s() const override { return lifetime_s_; }
    [[nodiscard]] std::string jwks() const override { return verifier_.jwks(); }

private:
    crypto::AccessTokenIssuer issuer_;
    crypto::AccessTokenVerifier verifier_;
    crypto::VerifiedTokens verified_;
    std::int64_t lifetime_s_;
};

class PooledPasswords final : public api::Passwords {
public:
    bool submit(std::move_only_function<void()> job, std::move_only_function<void()> give_up) override {
        return pool_.submit(std::move(job), std::move(give_up));
    }
    std::string hash(const std::string& password) override;
    bool verify(const std::optional<std::string>& hash, const std::string& password) override;
    std::optional<std::string> weakness(const std::string& password, const std::string& email) override;
    void stop() { pool_.stop(); }

private:
    crypto::PasswordPool pool_;
};

class PooledWorkers final : public api::Workers {
public:
    static constexpr std::size_t kQueuedMax = 4096;
    static constexpr runtime::WorkerWait kWait{
        .admit_max = std::chrono::milliseconds(50),
        .free_jobs = 256,
        .give_up_after = std::chrono::milliseconds(800),
    };

    explicit PooledWorkers(std::size_t threads) : pool_("worker", threads, kQueuedMax, kWait) {}
    bool submit(std::move_only_function<void()> job, std::move_only_function<void()> give_up) override {
        return pool_.try_submit(std::move(job), std::move(give_up));
    }
    void stop() { pool_.stop(); }
    [[nodiscard]] const runtime::WorkerPool& pool() const { return pool_; }

private:
    runtime::WorkerPool pool_;
};

/// The one-time token, kept in a file of the home folder so that it survives restarts.
class BootstrapToken final : public api::Bootstrap {
public:
    /// Reads the file, or makes it (0600). Throws runtime::ConfigError.
    explicit BootstrapToken(const std::string& path);
    bool matches(std::string_view token) override;
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
};

}  // namespace annals::app
