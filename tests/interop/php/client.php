<?php
// The six services through PHP's SoapClient. Bodies are typed from the WSDL. Takes the adapter's address.
//
// Identifiers of the header are written as XML: a header typed from the WSDL has objectType without its
// namespace, which X-Road takes as missing.

const XRD = 'http://x-road.eu/xsd/xroad.xsd';
const MUNICIPALITY = ['MUN', '0204819-8', 'paikky'];
const HOME_CARE = ['COM', '9000007-0', 'care'];
const DENTIST = ['COM', '9000003-8', 'dental'];

function identifier(string $name, string $objectType, array $parts): SoapHeader
{
    $xml = "<xrd:$name xmlns:xrd=\"" . XRD . '" xmlns:id="http://x-road.eu/xsd/identifiers"'
        . " id:objectType=\"$objectType\">";
    foreach ($parts as $part => $value) {
        $xml .= "<id:$part>" . htmlspecialchars($value, ENT_XML1) . "</id:$part>";
    }
    return new SoapHeader(XRD, $name, new SoapVar("$xml</xrd:$name>", XSD_ANYXML));
}

function xroad_header(string $service, array $member, string $version): array
{
    [$class, $code, $subsystem] = $member;
    return [
        identifier('client', 'SUBSYSTEM', [
            'xRoadInstance' => 'FI-TEST',
            'memberClass' => $class,
            'memberCode' => $code,
            'subsystemCode' => $subsystem,
        ]),
        identifier('service', 'SERVICE', [
            'xRoadInstance' => 'FI-TEST',
            'memberClass' => 'MUN',
            'memberCode' => '0204819-8',
            'subsystemCode' => 'psop',
            'serviceCode' => $service,
            'serviceVersion' => $version,
        ]),
        new SoapHeader(XRD, 'userId', 'matti.meikäläinen'),
        new SoapHeader(XRD, 'id', bin2hex(random_bytes(16))),
        new SoapHeader(XRD, 'protocolVersion', '4.0'),
    ];
}

function call(SoapClient $adapter, string $service, array $member, array $request, string $version = 'v1'): object
{
    return $adapter->__soapCall($service, [$request], null, xroad_header($service, $member, $version));
}

function check(string $what, mixed $found, mixed $expected): void
{
    if ($found !== $expected) {
        throw new Exception("$what: found " . var_export($found, true) . ', expected ' . var_export($expected, true));
    }
}

// A grant to a customer: what the three kinds of grants share, and the content of one of them.
function grant(string $reference, string $service, array $customer, array $content): array
{
    [$personId, $givenNames, $familyName] = $customer;
    return [
        'meta' => [
            'sourceSystem' => 'PAIKKY',
            'sourceReference' => $reference,
            'purpose' => 'PALVELUN_JARJESTAMINEN',
        ],
        'action' => 'CREATE',
        'organiser' => ['municipalityCode' => '853'],
        'customer' => [
            'personId' => $personId,
            'givenNames' => $givenNames,
            'familyName' => $familyName,
            'language' => 'FI',
            'municipalityOfResidence' => '853',
        ],
        'terms' => [
            'instrument' => 'VOUCHER',
            'serviceCode' => $service,
            'decisionRef' => "$reference-PÄÄTÖS",
            'decisionDate' => '2026-02-20',
            'valueBasis' => 'FLAT',
            'validFrom' => '2026-03-01',
            'validTo' => '2026-08-31',
        ],
    ] + $content;
}

function ordinary_grant(string $reference): array
{
    return grant($reference, 'kotiapu', ['110987-904Y', 'Maija Äänetär', 'Öhman-Åberg'], ['ordinary' => [
        'unit' => 'H',
        'quantityPerPeriod' => '10',
        'period' => 'MONTH',
        'unitValue' => '32.00',
        'maxUnitPrice' => '42.00',
    ]]);
}

// Grants, sends again, is refused a second one, and looks up as the provider. SoapClient hands decimals over as text.
function home_care(SoapClient $adapter): void
{
    $answer = call($adapter, 'postPurchasingPower', MUNICIPALITY, ordinary_grant('HA-2026-0001'));
    check('status', $answer->result->status, 'OK');
    check('totalAuthorised', $answer->purchasingPower->totalAuthorised, '1920.00');
    $number = $answer->purchasingPower->purchasingPowerNumber;
    echo "ok postPurchasingPower\n";

    $answer = call($adapter, 'postPurchasingPower', MUNICIPALITY, ordinary_grant('HA-2026-0001'));
    check('replayed', $answer->result->replayed, true);
    check('number', $answer->purchasingPower->purchasingPowerNumber, $number);
    echo "ok replay\n";

    $answer = call($adapter, 'postPurchasingPower', MUNICIPALITY, ordinary_grant('HA-2026-0002'));
    check('status', $answer->result->status, 'REJECTED');
    check('errors', array_column($answer->result->error, 'code'), ['PP_OVERLAP']);
    echo "ok rejection\n";

    $shown = call($adapter, 'getOstovoima', HOME_CARE, [
        'meta' => ['sourceSystem' => 'KOTIHOIVA', 'purpose' => 'PALVELUN_TUOTTAMINEN'],
        'purchasingPowerNumber' => $number,
        'providerBusinessId' => '9000007-0',
    ])->ostovoima;
    check('unitValue', $shown->ordinary->unitValue, '32.00');
    check('remaining', $shown->ordinary->remaining, '10.000');
    check('totalRemaining', $shown->ordinary->totalRemaining, '60.000');
    check('givenNames', $shown->customer->givenNames, 'Maija Äänetär');
    check('familyName', $shown->customer->familyName, 'Öhman-Åberg');
    echo "ok getOstovoima\n";
}

function balance(SoapClient $adapter): void
{
    $request = grant('SH-2026-0003', 'saldo-hoiva', ['010160-9109', 'Kerttu', 'Aalto'], [
        'saldo' => ['balanceTotal' => '1200.00', 'balanceUnit' => 'EUR'],
    ]);
    $answer = call($adapter, 'postSaldoPurchasingPower', MUNICIPALITY, $request);
    check('totalAuthorised', $answer->purchasingPower->totalAuthorised, '1200.00');
    echo "ok postSaldoPurchasingPower\n";
}

// Grants two procedures; the dentist records both, and the municipality reads the event.
function dental_care(SoapClient $adapter): void
{
    $request = grant('SU-2026-0004', 'suun-hoito', ['300401A9139', 'Onni', 'Mäkelä'], ['dental' => [
        'mode' => 'ITEMISED',
        'line' => [
            ['lineNo' => 1, 'procedureCode' => 'SAA02', 'maxCount' => 1, 'unitValue' => '45.00'],
            ['lineNo' => 2, 'procedureCode' => 'SFA20', 'tooth' => '16', 'maxCount' => 1, 'unitValue' => '85.00'],
        ],
    ]]);
    $answer = call($adapter, 'postDentalPurchasingPower', MUNICIPALITY, $request);
    check('totalAuthorised', $answer->purchasingPower->totalAuthorised, '130.00');
    $number = $answer->purchasingPower->purchasingPowerNumber;
    echo "ok postDentalPurchasingPower\n";

    $filling = ['lineNo' => 2, 'procedureCode' => 'SFA20', 'tooth' => '16', 'surfaces' => 'MO', 'count' => 1];
    $event = call($adapter, 'postDentalServiceEvent', DENTIST, [
        'meta' => [
            'sourceSystem' => 'HAMMASHOITO',
            'sourceReference' => 'TT-2026-0005',
            'purpose' => 'PALVELUN_TUOTTAMINEN',
        ],
        'action' => 'CREATE',
        'purchasingPowerNumber' => $number,
        'personId' => '300401A9139',
        'providerBusinessId' => '9000003-8',
        'providerUnitCode' => 'Töölö-Åker 1',
        'serviceDate' => '2026-03-12',
        'visitType' => 'VASTAANOTTO',
        'professional' => ['role' => 'HAMMASLAAKARI', 'terhikkiNumber' => '12345678901'],
        'procedure' => [
            ['lineNo' => 1, 'procedureCode' => 'SAA02', 'count' => 1, 'unitPrice' => '62.00'],
            $filling + ['unitPrice' => '110.00'],
        ],
    ])->event;
    check('lines', array_column($event->line, 'voucherShare'), ['45.00', '85.00']);
    check('totalPrice', $event->totalPrice, '172.00');
    check('customerShare', $event->customerShare, '42.00');
    echo "ok postDentalServiceEvent\n";

    $answer = call($adapter, 'getServiceEvents', MUNICIPALITY, [
        'meta' => ['sourceSystem' => 'PAIKKY', 'purpose' => 'PALVELUN_JARJESTAMINEN'],
        'organiser' => ['municipalityCode' => '853'],
        'changesSince' => '',
    ]);
    check('events', array_column($answer->event, 'eventId'), [$event->eventId]);
    check('voucherShare', $answer->event[0]->voucherShare, '130.00');
    echo "ok getServiceEvents\n";
    check('providerUnitCode', $answer->event[0]->providerUnitCode, 'Töölö-Åker 1');
    echo "ok letters\n";
}

function fault(SoapClient $adapter): void
{
    try {
        call($adapter, 'postPurchasingPower', MUNICIPALITY, ordinary_grant('HA-2026-0009'), 'v9');
    } catch (SoapFault $fault) {
        check('faultcode', preg_replace('/.*:/', '', $fault->faultcode), 'Client');
        check('errorCode', $fault->detail->errorCode, 'VERSION_UNKNOWN');
        echo "ok fault\n";
        return;
    }
    throw new Exception('no fault for an unknown version');
}

$adapter = new SoapClient($argv[1] . '?wsdl', [
    // Without its cache, so that the WSDL comes from the server.
    'cache_wsdl' => WSDL_CACHE_NONE,
    // One element of a list is a list too.
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);
echo "ok wsdl\n";
home_care($adapter);
balance($adapter);
dental_care($adapter);
fault($adapter);
