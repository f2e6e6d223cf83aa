// The six services through gSOAP: classes made of the WSDL, header and bodies (see run.sh). Takes the adapter's address.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include "psopBinding.nsmap"
#include "soappsopBindingProxy.h"

namespace {

struct Member {
    const char *member_class, *member_code, *subsystem_code;
};

const Member MUNICIPALITY{"MUN", "0204819-8", "paikky"};
const Member HOME_CARE{"COM", "9000007-0", "care"};
const Member DENTIST{"COM", "9000003-8", "dental"};

void check(const std::string &what, const std::string &found, const std::string &expected) {
    if (found != expected) {
        std::cout << what << ": found " << found << ", expected " << expected << std::endl;
        std::exit(1);
    }
}

void ok(const char *what) { std::cout << "ok " << what << std::endl; }

// Everything made here lives as long as the proxy.
class Client {
  public:
    explicit Client(const char *address) : proxy(address, SOAP_C_UTFSTRING) {}

    std::string *text(const std::string &value) {
        std::string *made = soap_new_std__string(proxy.soap);
        *made = value;
        return made;
    }

    // The X-Road header of the next call. The member ns2__objectType has the namespace in its name.
    void header(const char *service_code, const Member &member, const char *version) {
        ns2__XRoadClientIdentifierType *client = soap_new_ns2__XRoadClientIdentifierType(proxy.soap);
        client->ns2__objectType = ns2__XRoadObjectType::SUBSYSTEM;
        client->xRoadInstance = "FI-TEST";
        client->memberClass = member.member_class;
        client->memberCode = member.member_code;
        client->subsystemCode = text(member.subsystem_code);
        ns2__XRoadServiceIdentifierType *service = soap_new_ns2__XRoadServiceIdentifierType(proxy.soap);
        service->ns2__objectType = ns2__XRoadObjectType::SERVICE;
        service->xRoadInstance = "FI-TEST";
        service->memberClass = "MUN";
        service->memberCode = "0204819-8";
        service->subsystemCode = text("psop");
        service->serviceCode = service_code;
        service->serviceVersion = text(version);
        std::string id;
        std::getline(std::ifstream("/proc/sys/kernel/random/uuid"), id);
        proxy.soap_header(client, text(id), text("Asia 1/2026"), text("4.0"), service, text("matti.meikäläinen"));
    }

    void must(int error) {
        if (error != SOAP_OK) {
            proxy.soap_stream_fault(std::cout);
            std::exit(1);
        }
    }

    ns1__OrganiserCode *turku() {
        ns1__OrganiserCode *organiser = soap_new_ns1__OrganiserCode(proxy.soap);
        organiser->__union_OrganiserCode = SOAP_UNION__ns1__union_OrganiserCode_municipalityCode;
        organiser->union_OrganiserCode.municipalityCode = text("853");
        return organiser;
    }

    ns1__PostMeta *post_meta(const char *system, const std::string &reference, ns1__Purpose purpose) {
        ns1__PostMeta *meta = soap_new_ns1__PostMeta(proxy.soap);
        meta->sourceSystem = system;
        meta->sourceReference = reference;
        meta->purpose = purpose;
        return meta;
    }

    ns1__QueryMeta *query_meta(const char *system, ns1__Purpose purpose) {
        ns1__QueryMeta *meta = soap_new_ns1__QueryMeta(proxy.soap);
        meta->sourceSystem = system;
        meta->purpose = purpose;
        return meta;
    }

    // What the three kinds of grants share.
    template <typename Request, typename Action>
    void fill(Request &request, Action action, const std::string &reference, const char *service_code,
              const char *person_id, const char *given_names, const char *family_name) {
        request.meta = post_meta("PAIKKY", reference, ns1__Purpose::PALVELUN_USCOREJARJESTAMINEN);
        request.action = action;
        request.organiser = turku();
        request.customer = soap_new_ns1__Customer(proxy.soap);
        request.customer->personId = person_id;
        request.customer->givenNames = given_names;
        request.customer->familyName = family_name;
        request.customer->municipalityOfResidence = text("853");
        request.terms = soap_new_ns1__Terms(proxy.soap);
        request.terms->instrument = ns1__Instrument::VOUCHER;
        request.terms->serviceCode = service_code;
        request.terms->decisionRef = reference + "-PÄÄTÖS";
        request.terms->decisionDate = "2026-02-20";
        request.terms->valueBasis = ns1__ValueBasis::FLAT;
        request.terms->validFrom = "2026-03-01";
        request.terms->validTo = "2026-08-31";
    }

    int grant(const std::string &reference, const char *version, ns1__PostPurchasingPowerResponse &answer) {
        ns1__PostPurchasingPowerRequest request;
        fill(request, ns1__PurchasingPowerAction::CREATE, reference, "kotiapu", "110987-904Y", "Maija Äänetär",
             "Öhman-Åberg");
        request.ordinary = soap_new_ns1__OrdinaryTerms(proxy.soap);
        request.ordinary->unit = ns1__Unit::H;
        request.ordinary->quantityPerPeriod = "10";
        request.ordinary->period = ns1__Period::MONTH;
        request.ordinary->unitValue = "32.00";
        request.ordinary->maxUnitPrice = text("42.00");
        header("postPurchasingPower", MUNICIPALITY, version);
        return proxy.postPurchasingPower(&request, answer);
    }

    // Grants, sends again, is refused a second one, and looks up as the provider. Decimals are text.
    void home_care() {
        ns1__PostPurchasingPowerResponse first;
        must(grant("HA-2026-0001", "v1", first));
        check("totalAuthorised", first.purchasingPower->totalAuthorised, "1920.00");
        const std::string number = first.purchasingPower->purchasingPowerNumber;
        ok("postPurchasingPower");

        ns1__PostPurchasingPowerResponse again;
        must(grant("HA-2026-0001", "v1", again));
        check("replayed", again.result->replayed ? "true" : "false", "true");
        check("number", again.purchasingPower->purchasingPowerNumber, number);
        ok("replay");

        ns1__PostPurchasingPowerResponse refused;
        must(grant("HA-2026-0002", "v1", refused));
        check("rejected", refused.result->status == ns1__Status::REJECTED ? "yes" : "no", "yes");
        check("errors", refused.result->error.at(0)->code, "PP_OVERLAP");
        ok("rejection");

        ns1__GetOstovoimaRequest request;
        request.meta = query_meta("KOTIHOIVA", ns1__Purpose::PALVELUN_USCORETUOTTAMINEN);
        request.purchasingPowerNumber = number;
        request.providerBusinessId = "9000007-0";
        ns1__GetOstovoimaResponse answer;
        header("getOstovoima", HOME_CARE, "v1");
        must(proxy.getOstovoima(&request, answer));
        check("choice", std::to_string(answer.ostovoima->__union_Ostovoima),
              std::to_string(SOAP_UNION__ns1__union_Ostovoima_ordinary));
        const ns1__Ordinary &ordinary = *answer.ostovoima->union_Ostovoima.ordinary;
        check("unitValue", ordinary.unitValue, "32.00");
        check("remaining", ordinary.remaining, "10.000");
        check("totalRemaining", ordinary.totalRemaining, "60.000");
        check("givenNames", answer.ostovoima->customer->givenNames, "Maija Äänetär");
        check("familyName", answer.ostovoima->customer->familyName, "Öhman-Åberg");
        ok("getOstovoima");
    }

    void balance() {
        ns1__PostSaldoPurchasingPowerRequest request;
        fill(request, ns1__SaldoPurchasingPowerAction::CREATE, "SH-2026-0003", "saldo-hoiva", "010160-9109", "Kerttu",
             "Aalto");
        request.saldo = soap_new_ns1__SaldoTerms(proxy.soap);
        request.saldo->balanceTotal = "1200.00";
        request.saldo->balanceUnit = ns1__BalanceUnit::EUR;
        ns1__PostSaldoPurchasingPowerResponse answer;
        header("postSaldoPurchasingPower", MUNICIPALITY, "v1");
        must(proxy.postSaldoPurchasingPower(&request, answer));
        check("totalAuthorised", answer.purchasingPower->totalAuthorised, "1200.00");
        ok("postSaldoPurchasingPower");
    }

    ns1__DentalTermsLine *line(const char *number, const char *code, const char *tooth, const char *unit_value) {
        ns1__DentalTermsLine *made = soap_new_ns1__DentalTermsLine(proxy.soap);
        made->lineNo = number;
        made->procedureCode = code;
        made->tooth = tooth ? text(tooth) : nullptr;
        made->maxCount = 1;
        made->unitValue = text(unit_value);
        return made;
    }

    ns1__EventProcedure *done(const char *number, const char *code, const char *tooth, const char *surfaces,
                              const char *price) {
        ns1__EventProcedure *made = soap_new_ns1__EventProcedure(proxy.soap);
        made->lineNo = number;
        made->procedureCode = code;
        made->tooth = tooth ? text(tooth) : nullptr;
        made->surfaces = surfaces ? text(surfaces) : nullptr;
        made->count = 1;
        made->unitPrice = price;
        return made;
    }

    std::string dental_grant() {
        ns1__PostDentalPurchasingPowerRequest request;
        fill(request, ns1__PurchasingPowerAction::CREATE, "SU-2026-0004", "suun-hoito", "300401A9139", "Onni",
             "Mäkelä");
        request.dental = soap_new_ns1__DentalTerms(proxy.soap);
        request.dental->mode = ns1__DentalMode::ITEMISED;
        request.dental->line.push_back(line("1", "SAA02", nullptr, "45.00"));
        request.dental->line.push_back(line("2", "SFA20", "16", "85.00"));
        ns1__PostDentalPurchasingPowerResponse answer;
        header("postDentalPurchasingPower", MUNICIPALITY, "v1");
        must(proxy.postDentalPurchasingPower(&request, answer));
        check("totalAuthorised", answer.purchasingPower->totalAuthorised, "130.00");
        ok("postDentalPurchasingPower");
        return answer.purchasingPower->purchasingPowerNumber;
    }

    std::string record(const std::string &number) {
        ns1__PostDentalServiceEventRequest request;
        request.meta = post_meta("HAMMASHOITO", "TT-2026-0005", ns1__Purpose::PALVELUN_USCORETUOTTAMINEN);
        request.action = ns1__ServiceEventAction::CREATE;
        request.purchasingPowerNumber = number;
        request.personId = "300401A9139";
        request.providerBusinessId = "9000003-8";
        request.providerUnitCode = text("Töölö-Åker 1");
        request.serviceDate = "2026-03-12";
        request.professional = soap_new_ns1__Professional(proxy.soap);
        request.professional->role = ns1__ProfessionalRole::HAMMASLAAKARI;
        request.professional->terhikkiNumber = text("12345678901");
        request.procedure.push_back(done("1", "SAA02", nullptr, nullptr, "62.00"));
        request.procedure.push_back(done("2", "SFA20", "16", "MO", "110.00"));
        ns1__PostDentalServiceEventResponse answer;
        header("postDentalServiceEvent", DENTIST, "v1");
        must(proxy.postDentalServiceEvent(&request, answer));
        check("voucherShare", answer.event->line.at(1)->voucherShare, "85.00");
        check("totalPrice", answer.event->totalPrice, "172.00");
        check("customerShare", answer.event->customerShare, "42.00");
        ok("postDentalServiceEvent");
        return answer.event->eventId;
    }

    // Grants two procedures; the dentist records both, and the municipality reads the event.
    void dental_care() {
        const std::string event_id = record(dental_grant());
        ns1__GetServiceEventsRequest request;
        request.meta = query_meta("PAIKKY", ns1__Purpose::PALVELUN_USCOREJARJESTAMINEN);
        request.organiser = turku();
        request.__union_GetServiceEventsRequest = SOAP_UNION__ns1__union_GetServiceEventsRequest_changesSince;
        request.union_GetServiceEventsRequest.changesSince = text("");
        ns1__GetServiceEventsResponse answer;
        header("getServiceEvents", MUNICIPALITY, "v1");
        must(proxy.getServiceEvents(&request, answer));
        check("events", std::to_string(answer.event.size()), "1");
        check("eventId", answer.event[0]->eventId, event_id);
        check("voucherShare", answer.event[0]->voucherShare, "130.00");
        check("serviceDate", answer.event[0]->serviceDate, "2026-03-12");
        ok("getServiceEvents");
        check("providerUnitCode", *answer.event[0]->providerUnitCode, "Töölö-Åker 1");
        ok("letters");
    }

    void fault() {
        ns1__PostPurchasingPowerResponse answer;
        check("fault", grant("HA-2026-0009", "v9", answer) == SOAP_OK ? "none" : "one", "one");
        const std::string code = proxy.soap_fault()->faultcode;
        check("faultcode", code.substr(code.find(':') + 1), "Client");
        const std::string detail = proxy.soap_fault_detail();
        check("errorCode", detail.find(">VERSION_UNKNOWN<") == std::string::npos ? detail : "found", "found");
        ok("fault");
    }

  private:
    psopBindingProxy proxy;
};

} // namespace

int main(int, char **arguments) {
    ok("wsdl");
    Client client(arguments[1]);
    client.home_care();
    client.balance();
    client.dental_care();
    client.fault();
}
