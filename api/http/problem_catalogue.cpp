#include "api/http/problem_catalogue.hpp"

#include "api/http/ascii.hpp"

#include <algorithm>
#include <array>

namespace annals::http {

namespace {

constexpr auto kCatalogue = std::to_array<ProblemInfo>({
    {"ABORTED", 409, "Not done",
     "Another command of the same atomic batch was refused, so this one was not carried out either.",
     "Look at the command that was refused, and send the batch again once it can be accepted."},
    {"ALREADY_BOOTSTRAPPED", 409, "Already bootstrapped",
     "The first person and organization of this instance exist, so the one-time bootstrap token is spent.",
     "Log in with the account that was created, or ask an administrator for an invitation."},
    {"BAD_REQUEST", 400, "Bad request",
     "The request breaks a rule of HTTP or of this API's conventions; the detail names it.",
     "Correct the request. Sending it again unchanged gets the same answer."},
    {"CURSOR_INVALID", 400, "Cursor invalid",
     "The cursor was altered, belongs to another query, or was made with other filters or another sort "
     "order.",
     "Use cursors as they were given, with the same parameters, or start again from the first page."},
    {"DUPLICATE", 409, "Already taken",
     "A value that must be unique, such as a slug or a project key, is in use.", "Choose another value."},
    {"ERASED", 410, "Erased",
     "The personal data that the request is about was erased, together with the key that could read it.",
     "Nothing can bring it back; start anew without it."},
    {"EXPECTATION_FAILED", 417, "Expectation failed",
     "The Expect header asks for something other than 100-continue.", "Leave the header out."},
    {"FORBIDDEN", 403, "Not allowed",
     "You are known, but your roles do not hold the permission that this operation declares.",
     "Ask an administrator of the organization for a role that holds it."},
    {"HEADERS_TOO_LARGE", 431, "Header fields too large",
     "The header has more fields, or more bytes, than the server reads.",
     "Send fewer or shorter header fields, for instance fewer cookies."},
    {"IDEMPOTENCY_MISMATCH", 422, "Idempotency key reused",
     "The Idempotency-Key or command id was used before for a request with another body.",
     "Use a new key for a new request, and the same body when repeating one."},
    {"INTERNAL", 500, "Internal error",
     "The server failed. The failure is in its log under the request id that `instance` names.",
     "Repeat a command only with its Idempotency-Key; report the request id if it happens again."},
    {"INVALID_STATE", 409, "Not possible in this state",
     "The resource is in a state that does not allow the operation, for instance an archived project.",
     "Read the resource, and bring it into a state that allows the operation first."},
    {"INVITE_EMAIL_MISMATCH", 409, "Invitation for another address",
     "The account's verified e-mail address is not the one that was invited.",
     "Accept with the account of the invited address, or ask for a new invitation."},
    {"INVITE_EXPIRED", 410, "Invitation expired",
     "The invitation is older than its term of validity, was withdrawn, or has been used.",
     "Ask for a new invitation."},
    {"IN_PROGRESS", 409, "Still running",
     "The same request, with the same Idempotency-Key, is still being carried out.",
     "Wait a second and repeat it: you will get the answer of the first one."},
    {"LAST_OWNER", 409, "Last owner", "The operation would leave the organization without an owner.",
     "Give another member the owner role first."},
    {"MALFORMED_JSON", 400, "Malformed JSON",
     "The body is not one JSON document of valid UTF-8: a syntax error, a duplicate key, text after the end, "
     "or too deep.",
     "Send one well-formed JSON document."},
    {"METHOD_NOT_ALLOWED", 405, "Method not allowed",
     "The resource exists but does not know this method; the Allow header lists those it knows.",
     "Use one of the methods in the Allow header."},
    {"NOT_ACCEPTABLE", 406, "Not acceptable",
     "The Accept header leaves none of the media types that this resource has.", "Accept application/json."},
    {"NOT_FOUND", 404, "Not found",
     "There is no such resource, or it is not visible to you: both look the same on purpose.",
     "Check the path and the id, and that you are acting in the right organization."},
    {"OVERLOADED", 503, "Overloaded", "The server has more work queued than it accepts. Nothing was changed.",
     "Repeat the request after the time that Retry-After names, with growing pauses."},
    {"OWNER_REQUIRED", 409, "Owner required", "The person is the only owner of an organization.",
     "Hand the ownership over first."},
    {"PASSWORD_WEAK", 422, "Password too weak",
     "The password is too short, too common, or contains the login.",
     "Choose a longer password, for instance several unrelated words."},
    {"PAYLOAD_TOO_LARGE", 413, "Body too large", "The body is larger than this route accepts.",
     "Send less at once; the limits are in the API description."},
    {"PLAN_LIMIT", 402, "Plan limit reached", "The organization's plan does not allow more of this.",
     "Remove something, or change the plan."},
    {"POSITION_SUPERSEDED", 410, "Restored to before",
     "The position is of a past that the log lost when it was restored; `epoch` is the log's present one.",
     "Forget the position and what you hold of later ones, and read again."},
    {"PRECONDITION_REQUIRED", 428, "Precondition required",
     "This operation must say which version it changes.",
     "Read the resource, and send its ETag as If-Match."},
    {"PROJECTION_BEHIND", 503, "Not yet visible",
     "The query asked for a position that its read model has not reached within the waiting time.",
     "Repeat the query after the time that Retry-After names."},
    {"RATE_LIMITED", 429, "Too many requests", "You sent more requests than your quota allows.",
     "Wait as Retry-After says."},
    {"REQUEST_TIMEOUT", 408, "Request too slow",
     "The request did not arrive completely within the time the server waits for it.",
     "Send the whole request without long pauses."},
    {"TENANT_READ_ONLY", 423, "Read only", "The organization is read only at the moment.",
     "Try again later, or ask its administrators."},
    {"TENANT_SUSPENDED", 403, "Organization suspended", "The organization is suspended.",
     "Ask its administrators."},
    {"TOKEN_INVALID", 410, "Token not valid",
     "The one-time token is unknown, expired or used. Which of these it is stays untold on purpose.",
     "Ask for a new one."},
    {"TRANSITION_FORBIDDEN", 409, "Transition forbidden",
     "The board's rules do not allow moving from the present column to that one.",
     "Move through the columns that the rules allow."},
    {"UNAUTHENTICATED", 401, "Not authenticated",
     "The request carries no valid access token: it is missing, expired, revoked or wrong, or the login "
     "failed.",
     "Log in, or use the refresh token, and repeat with `Authorization: Bearer`."},
    {"UNAVAILABLE", 503, "Unavailable",
     "A part that the server needs does not answer, or the answer took too long. A command may still take "
     "effect.",
     "Repeat after the time that Retry-After names; a command with the same Idempotency-Key, so that it "
     "happens once."},
    {"UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported media type",
     "The body is not of a media type, or has a content encoding, that this route reads.",
     "Send application/json without a Content-Encoding."},
    {"URI_TOO_LONG", 414, "URI too long", "The request line is longer than the server reads.",
     "Send fewer query parameters."},
    {"VALIDATION_FAILED", 422, "Validation failed",
     "The document is well formed, but fields are missing, unknown, or break a rule; `errors` points at each "
     "one.",
     "Correct the fields that `errors` names."},
    {"VERSION_CONFLICT", 409, "Changed meanwhile",
     "The resource has another version than the one the request expects; `current_version` names it. The "
     "status is 409 "
     "when the version stood in the body, and 412 when it stood in the If-Match header.",
     "Read the resource again, decide whether the change still makes sense, and repeat with the new version."
    },
    {"VERSION_NOT_SUPPORTED", 505, "HTTP version not supported",
     "The server speaks HTTP/1.1, and HTTP/1.0 without kept-alive connections.", "Use HTTP/1.1."},
    {"WIP_LIMIT", 409, "Column full", "The column already holds as many tasks as its limit allows.",
     "Move a task out of the column, or raise its limit."},
});

static_assert(std::ranges::is_sorted(kCatalogue, {}, &ProblemInfo::code));

}  // namespace

std::span<const ProblemInfo> problem_catalogue() {
    return kCatalogue;
}

const ProblemInfo* find_problem(std::string_view code) {
    const auto* found = std::ranges::lower_bound(kCatalogue, code, {}, &ProblemInfo::code);
    return found != kCatalogue.end() && found->code == code ? found : nullptr;
}

std::string problem_slug(std::string_view code) {
    std::string slug(code);
    for (char& c : slug) c = c == '_' ? '-' : lower(c);
    return slug;
}

const ProblemInfo* find_problem_by_slug(std::string_view slug) {
    for (const ProblemInfo& info : kCatalogue) {
        if (problem_slug(info.code) == slug) return &info;
    }
    return nullptr;
}

}  // namespace annals::http
