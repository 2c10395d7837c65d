#include "tests/support/sample_contract.hpp"

#include "domain/contract/describe.hpp"

namespace annals::test {
namespace {

PersonGreetedV2 upcast_v1(const PersonGreetedV1& old) {
    const auto space = old.name.find(' ');
    PersonGreetedV2 next;
    next.first = old.name.substr(0, space);
    if (space != std::string::npos) next.last = old.name.substr(space + 1);
    next.language = "en";
    return next;
}

PersonGreeted upcast_v2(const PersonGreetedV2& old) {
    PersonGreeted next;
    next.name = {Uuid{}, Text<1, 80>::trusted(old.first + ' ' + old.last)};
    next.language = old.language;
    return next;
}

}  // namespace

const contract::TypeInfo& everything_type() {
    return *contract::type_info<Everything>();
}

const contract::EventCatalogue& greeting_catalogue() {
    static const contract::EventCatalogue kCatalogue({
        contract::event<PersonGreeted>("greeting"),
        contract::superseded_event<&upcast_v1, PersonGreetedV1>("greeting"),
        contract::superseded_event<&upcast_v2, PersonGreetedV2>("greeting"),
    });
    return kCatalogue;
}

}  // namespace annals::test
