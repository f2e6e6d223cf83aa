package main

import "encoding/xml"

// The messages as the contract has them, as far as this client sends and reads them. Amounts are text: a float
// does not hold them.

type envelope struct {
	XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
	Header  header   `xml:"http://schemas.xmlsoap.org/soap/envelope/ Header"`
	Body    body     `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
}

type body struct {
	Content any
}

// fault is a SOAP fault, as an error of Go.
type fault struct {
	Code      string `xml:"faultcode"`
	Text      string `xml:"faultstring"`
	ErrorCode string `xml:"detail>errorCode"`
}

func (f *fault) Error() string { return f.Code + ": " + f.Text }

// The X-Road header. With the namespace in its tag encoding/xml writes the attribute objectType with a prefix
// for it, as X-Road wants.
type header struct {
	Client          identifier `xml:"http://x-road.eu/xsd/xroad.xsd client"`
	Service         identifier `xml:"http://x-road.eu/xsd/xroad.xsd service"`
	UserID          string     `xml:"http://x-road.eu/xsd/xroad.xsd userId"`
	ID              string     `xml:"http://x-road.eu/xsd/xroad.xsd id"`
	ProtocolVersion string     `xml:"http://x-road.eu/xsd/xroad.xsd protocolVersion"`
}

type identifier struct {
	ObjectType     string `xml:"http://x-road.eu/xsd/identifiers objectType,attr"`
	Instance       string `xml:"http://x-road.eu/xsd/identifiers xRoadInstance"`
	MemberClass    string `xml:"http://x-road.eu/xsd/identifiers memberClass"`
	MemberCode     string `xml:"http://x-road.eu/xsd/identifiers memberCode"`
	SubsystemCode  string `xml:"http://x-road.eu/xsd/identifiers subsystemCode"`
	ServiceCode    string `xml:"http://x-road.eu/xsd/identifiers serviceCode,omitempty"`
	ServiceVersion string `xml:"http://x-road.eu/xsd/identifiers serviceVersion,omitempty"`
}

type meta struct {
	SourceSystem    string `xml:"sourceSystem"`
	SourceReference string `xml:"sourceReference,omitempty"`
	Purpose         string `xml:"purpose"`
}

type organiser struct {
	MunicipalityCode string `xml:"municipalityCode"`
}

type customer struct {
	PersonID                string `xml:"personId"`
	GivenNames              string `xml:"givenNames"`
	FamilyName              string `xml:"familyName"`
	Language                string `xml:"language,omitempty"`
	MunicipalityOfResidence string `xml:"municipalityOfResidence,omitempty"`
}

type terms struct {
	Instrument   string `xml:"instrument"`
	ServiceCode  string `xml:"serviceCode"`
	DecisionRef  string `xml:"decisionRef"`
	DecisionDate string `xml:"decisionDate"`
	ValueBasis   string `xml:"valueBasis"`
	ValidFrom    string `xml:"validFrom"`
	ValidTo      string `xml:"validTo"`
}

// grant serves the three services that grant: each has its own content behind what they share.
type grant struct {
	XMLName   xml.Name
	Meta      meta           `xml:"meta"`
	Action    string         `xml:"action"`
	Organiser organiser      `xml:"organiser"`
	Customer  customer       `xml:"customer"`
	Terms     terms          `xml:"terms"`
	Ordinary  *ordinaryTerms `xml:"ordinary"`
	Saldo     *saldoTerms    `xml:"saldo"`
	Dental    *dentalTerms   `xml:"dental"`
}

type ordinaryTerms struct {
	Unit              string `xml:"unit"`
	QuantityPerPeriod string `xml:"quantityPerPeriod"`
	Period            string `xml:"period"`
	UnitValue         string `xml:"unitValue"`
	MaxUnitPrice      string `xml:"maxUnitPrice,omitempty"`
}

type saldoTerms struct {
	BalanceTotal string `xml:"balanceTotal"`
	BalanceUnit  string `xml:"balanceUnit"`
}

type dentalTerms struct {
	Mode string       `xml:"mode"`
	Line []dentalLine `xml:"line"`
}

type dentalLine struct {
	LineNo        int    `xml:"lineNo"`
	ProcedureCode string `xml:"procedureCode"`
	Tooth         string `xml:"tooth,omitempty"`
	MaxCount      int    `xml:"maxCount"`
	UnitValue     string `xml:"unitValue,omitempty"`
}

type lookUp struct {
	XMLName               xml.Name `xml:"http://psop.x-road.global/producer/v1 getOstovoima"`
	Meta                  meta     `xml:"meta"`
	PurchasingPowerNumber string   `xml:"purchasingPowerNumber"`
	ProviderBusinessID    string   `xml:"providerBusinessId"`
}

type record struct {
	XMLName               xml.Name     `xml:"http://psop.x-road.global/producer/v1 postDentalServiceEvent"`
	Meta                  meta         `xml:"meta"`
	Action                string       `xml:"action"`
	PurchasingPowerNumber string       `xml:"purchasingPowerNumber"`
	PersonID              string       `xml:"personId"`
	ProviderBusinessID    string       `xml:"providerBusinessId"`
	ProviderUnitCode      string       `xml:"providerUnitCode,omitempty"`
	ServiceDate           string       `xml:"serviceDate"`
	VisitType             string       `xml:"visitType,omitempty"`
	Professional          professional `xml:"professional"`
	Procedure             []procedure  `xml:"procedure"`
}

type professional struct {
	Role           string `xml:"role"`
	TerhikkiNumber string `xml:"terhikkiNumber,omitempty"`
}

type procedure struct {
	LineNo        int    `xml:"lineNo"`
	ProcedureCode string `xml:"procedureCode"`
	Tooth         string `xml:"tooth,omitempty"`
	Surfaces      string `xml:"surfaces,omitempty"`
	Count         int    `xml:"count"`
	UnitPrice     string `xml:"unitPrice"`
}

type feed struct {
	XMLName   xml.Name  `xml:"http://psop.x-road.global/producer/v1 getServiceEvents"`
	Meta      meta      `xml:"meta"`
	Organiser organiser `xml:"organiser"`
	// No omitempty: empty asks for everything.
	ChangesSince string `xml:"changesSince"`
}

// answer holds what this client reads of any of the six answers.
type answer struct {
	Status          string   `xml:"result>status"`
	Replayed        bool     `xml:"result>replayed"`
	Errors          []string `xml:"result>error>code"`
	Number          string   `xml:"purchasingPower>purchasingPowerNumber"`
	TotalAuthorised string   `xml:"purchasingPower>totalAuthorised"`
	Shown           struct {
		GivenNames     string `xml:"customer>givenNames"`
		FamilyName     string `xml:"customer>familyName"`
		UnitValue      string `xml:"ordinary>unitValue"`
		Remaining      string `xml:"ordinary>remaining"`
		TotalRemaining string `xml:"ordinary>totalRemaining"`
	} `xml:"ostovoima"`
	Events []struct {
		EventID          string `xml:"eventId"`
		ServiceDate      string `xml:"serviceDate"`
		ProviderUnitCode string `xml:"providerUnitCode"`
		TotalPrice       string `xml:"totalPrice"`
		VoucherShare     string `xml:"voucherShare"`
		CustomerShare    string `xml:"customerShare"`
	} `xml:"event"`
}
