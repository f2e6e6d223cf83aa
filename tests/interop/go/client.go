// The six services with Go's standard library: net/http and encoding/xml. Takes the adapter's address.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
)

const psop = "http://psop.x-road.global/producer/v1"

type member struct{ class, code, subsystem string }

var (
	municipality = member{"MUN", "0204819-8", "paikky"}
	homeCare     = member{"COM", "9000007-0", "care"}
	dentist      = member{"COM", "9000003-8", "dental"}
)

// adapter is where to call, as the WSDL says.
type adapter struct{ address string }

// load reads the WSDL; it must know every service that is called here.
func load(url string) (*adapter, error) {
	response, err := http.Get(url + "?wsdl")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var wsdl struct {
		Operations []struct {
			Name string `xml:"name,attr"`
		} `xml:"portType>operation"`
		Address struct {
			Location string `xml:"location,attr"`
		} `xml:"service>port>address"`
	}
	if err := xml.NewDecoder(response.Body).Decode(&wsdl); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, operation := range wsdl.Operations {
		known[operation.Name] = true
	}
	for _, service := range []string{
		"getOstovoima", "postPurchasingPower", "postSaldoPurchasingPower", "postDentalPurchasingPower",
		"postDentalServiceEvent", "getServiceEvents",
	} {
		if !known[service] {
			return nil, fmt.Errorf("the WSDL has no %s", service)
		}
	}
	return &adapter{wsdl.Address.Location}, nil
}

// call sends a body; what it answers, or a *fault.
func (a *adapter) call(service string, from member, version string, content any) (*answer, error) {
	id := make([]byte, 16)
	rand.Read(id)
	request := envelope{
		Header: header{
			Client: identifier{
				ObjectType: "SUBSYSTEM", Instance: "FI-TEST",
				MemberClass: from.class, MemberCode: from.code, SubsystemCode: from.subsystem,
			},
			Service: identifier{
				ObjectType: "SERVICE", Instance: "FI-TEST",
				MemberClass: "MUN", MemberCode: "0204819-8", SubsystemCode: "psop",
				ServiceCode: service, ServiceVersion: version,
			},
			UserID:          "matti.meikäläinen",
			ID:              hex.EncodeToString(id),
			ProtocolVersion: "4.0",
		},
		Body: body{Content: content},
	}
	text, err := xml.Marshal(request)
	if err != nil {
		return nil, err
	}
	post, err := http.NewRequest("POST", a.address, bytes.NewReader(append([]byte(xml.Header), text...)))
	if err != nil {
		return nil, err
	}
	post.Header.Set("Content-Type", "text/xml; charset=utf-8")
	post.Header.Set("SOAPAction", `""`)
	response, err := http.DefaultClient.Do(post)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var reply struct {
		Body struct {
			Fault *fault `xml:"http://schemas.xmlsoap.org/soap/envelope/ Fault"`
			Inner []byte `xml:",innerxml"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
	}
	if err := xml.Unmarshal(read, &reply); err != nil {
		return nil, err
	}
	if reply.Body.Fault != nil {
		return nil, reply.Body.Fault
	}
	var found answer
	return &found, xml.Unmarshal(reply.Body.Inner, &found)
}

// must is call where no fault is awaited.
func (a *adapter) must(service string, from member, content any) *answer {
	found, err := a.call(service, from, "v1", content)
	if err != nil {
		log.Fatal(service, ": ", err)
	}
	return found
}

func check(what, found, expected string) {
	if found != expected {
		log.Fatalf("%s: found %q, expected %q", what, found, expected)
	}
}

func newGrant(service, reference, serviceCode string, to customer) grant {
	to.Language, to.MunicipalityOfResidence = "FI", "853"
	return grant{
		XMLName:   xml.Name{Space: psop, Local: service},
		Meta:      meta{"PAIKKY", reference, "PALVELUN_JARJESTAMINEN"},
		Action:    "CREATE",
		Organiser: organiser{"853"},
		Customer:  to,
		Terms: terms{
			Instrument: "VOUCHER", ServiceCode: serviceCode, DecisionRef: reference + "-PÄÄTÖS",
			DecisionDate: "2026-02-20", ValueBasis: "FLAT", ValidFrom: "2026-03-01", ValidTo: "2026-08-31",
		},
	}
}

func ordinaryGrant(reference string) grant {
	to := customer{PersonID: "110987-904Y", GivenNames: "Maija Äänetär", FamilyName: "Öhman-Åberg"}
	made := newGrant("postPurchasingPower", reference, "kotiapu", to)
	made.Ordinary = &ordinaryTerms{
		Unit: "H", QuantityPerPeriod: "10", Period: "MONTH", UnitValue: "32.00", MaxUnitPrice: "42.00",
	}
	return made
}

// home grants, sends again, is refused a second one, and looks up as the provider.
func home(a *adapter) {
	first := a.must("postPurchasingPower", municipality, ordinaryGrant("HA-2026-0001"))
	check("status", first.Status, "OK")
	check("totalAuthorised", first.TotalAuthorised, "1920.00")
	fmt.Println("ok postPurchasingPower")

	again := a.must("postPurchasingPower", municipality, ordinaryGrant("HA-2026-0001"))
	check("replayed", fmt.Sprint(again.Replayed), "true")
	check("number", again.Number, first.Number)
	fmt.Println("ok replay")

	refused := a.must("postPurchasingPower", municipality, ordinaryGrant("HA-2026-0002"))
	check("status", refused.Status, "REJECTED")
	check("errors", strings.Join(refused.Errors, " "), "PP_OVERLAP")
	fmt.Println("ok rejection")

	shown := a.must("getOstovoima", homeCare, lookUp{
		Meta:                  meta{SourceSystem: "KOTIHOIVA", Purpose: "PALVELUN_TUOTTAMINEN"},
		PurchasingPowerNumber: first.Number,
		ProviderBusinessID:    "9000007-0",
	}).Shown
	check("unitValue", shown.UnitValue, "32.00")
	check("remaining", shown.Remaining, "10.000")
	check("totalRemaining", shown.TotalRemaining, "60.000")
	check("givenNames", shown.GivenNames, "Maija Äänetär")
	check("familyName", shown.FamilyName, "Öhman-Åberg")
	fmt.Println("ok getOstovoima")
}

func balance(a *adapter) {
	to := customer{PersonID: "010160-9109", GivenNames: "Kerttu", FamilyName: "Aalto"}
	made := newGrant("postSaldoPurchasingPower", "SH-2026-0003", "saldo-hoiva", to)
	made.Saldo = &saldoTerms{"1200.00", "EUR"}
	granted := a.must("postSaldoPurchasingPower", municipality, made)
	check("totalAuthorised", granted.TotalAuthorised, "1200.00")
	fmt.Println("ok postSaldoPurchasingPower")
}

// dental grants two procedures; the dentist records both, and the municipality reads the event.
func dental(a *adapter) {
	to := customer{PersonID: "300401A9139", GivenNames: "Onni", FamilyName: "Mäkelä"}
	made := newGrant("postDentalPurchasingPower", "SU-2026-0004", "suun-hoito", to)
	made.Dental = &dentalTerms{"ITEMISED", []dentalLine{
		{LineNo: 1, ProcedureCode: "SAA02", MaxCount: 1, UnitValue: "45.00"},
		{LineNo: 2, ProcedureCode: "SFA20", Tooth: "16", MaxCount: 1, UnitValue: "85.00"},
	}}
	granted := a.must("postDentalPurchasingPower", municipality, made)
	check("totalAuthorised", granted.TotalAuthorised, "130.00")
	fmt.Println("ok postDentalPurchasingPower")

	recorded := a.must("postDentalServiceEvent", dentist, record{
		Meta:                  meta{"HAMMASHOITO", "TT-2026-0005", "PALVELUN_TUOTTAMINEN"},
		Action:                "CREATE",
		PurchasingPowerNumber: granted.Number,
		PersonID:              "300401A9139",
		ProviderBusinessID:    "9000003-8",
		ProviderUnitCode:      "Töölö-Åker 1",
		ServiceDate:           "2026-03-12",
		VisitType:             "VASTAANOTTO",
		Professional:          professional{"HAMMASLAAKARI", "12345678901"},
		Procedure: []procedure{
			{LineNo: 1, ProcedureCode: "SAA02", Count: 1, UnitPrice: "62.00"},
			{LineNo: 2, ProcedureCode: "SFA20", Tooth: "16", Surfaces: "MO", Count: 1, UnitPrice: "110.00"},
		},
	}).Events[0]
	check("totalPrice", recorded.TotalPrice, "172.00")
	check("voucherShare", recorded.VoucherShare, "130.00")
	check("customerShare", recorded.CustomerShare, "42.00")
	fmt.Println("ok postDentalServiceEvent")

	events := a.must("getServiceEvents", municipality, feed{
		Meta:      meta{SourceSystem: "PAIKKY", Purpose: "PALVELUN_JARJESTAMINEN"},
		Organiser: organiser{"853"},
	}).Events
	check("events", fmt.Sprint(len(events)), "1")
	check("eventId", events[0].EventID, recorded.EventID)
	check("voucherShare", events[0].VoucherShare, "130.00")
	check("serviceDate", events[0].ServiceDate, "2026-03-12")
	fmt.Println("ok getServiceEvents")
	check("providerUnitCode", events[0].ProviderUnitCode, "Töölö-Åker 1")
	fmt.Println("ok letters")
}

func unknownVersion(a *adapter) {
	_, err := a.call("postPurchasingPower", municipality, "v9", ordinaryGrant("HA-2026-0009"))
	var refused *fault
	if !errors.As(err, &refused) {
		log.Fatal("no fault for an unknown version: ", err)
	}
	check("faultcode", refused.Code[strings.Index(refused.Code, ":")+1:], "Client")
	check("errorCode", refused.ErrorCode, "VERSION_UNKNOWN")
	fmt.Println("ok fault")
}

func main() {
	a, err := load(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ok wsdl")
	home(a)
	balance(a)
	dental(a)
	unknownVersion(a)
}
