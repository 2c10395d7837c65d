#include "projections/organizations/member.hpp"

#include "domain/organizations/events.hpp"
#include "projections/kernel/declare.hpp"

namespace annals::organizations {
namespace {

constexpr SortOrder kByJoining{"joined", "joined_at", "timestamptz"};

void membership_created(const MembershipCreated& event, const contract::Envelope& at, RowSet& rows) {
    rows.put(
        MemberRow{at.tenant, event.user_id, MembershipId{at.stream}, event.roles, at.effective_at, at.version}
    );
}

std::string select_members() {
    return "select " + column_list(*contract::type_info<MemberView>());
}

Statement list_statement(bool after) {
    return {
        after ? "member.next" : "member.list",
        select_members() + ", joined_at::text as sort_key from org.member where tenant_id = $1::uuid" +
            keyset_tail(kByJoining, false, after, 2)
    };
}

}  // namespace

const contract::TypeInfo* view_shape(const MemberView*) {
    return contract::type_info<MemberView>();
}

const ProjectionType& member_projection() {
    static const std::array kTables{table<MemberRow>()};
    static const std::array kReactions{reaction<&membership_created>()};
    static const ProjectionType kProjection{"organizations.member", 1, kTables, kReactions};
    return kProjection;
}

std::optional<MemberView> find_member(QueryReader& reader, TenantId organization, UserId person) {
    static const Statement kById{
        "member.by_id", select_members() + " from org.member where tenant_id = $1::uuid and id = $2::uuid",
        true
    };
    const std::array params{QueryParam(organization.to_string()), QueryParam(person.to_string())};
    return read_one<MemberView>(*reader.query(organization, kById, params));
}

Page<MemberView> list_members(QueryReader& reader, TenantId organization, const PageRequest& page) {
    static const Statement kFirst = list_statement(false);
    static const Statement kNext = list_statement(true);
    std::vector<QueryParam> params{organization.to_string()};
    add_page_params(page, params);
    return read_page<MemberView>(*reader.query(organization, page.after ? kNext : kFirst, params), page);
}

}  // namespace annals::organizations
