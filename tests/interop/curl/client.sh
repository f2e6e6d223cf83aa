#!/bin/sh
# The six services with nothing but curl and xmllint. Takes the adapter's address.
# Every body is checked against the schema that stands in the WSDL before it is sent, and every answer after.
set -eu
address=$1
psop=http://psop.x-road.global/producer/v1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
municipality="MUN 0204819-8 paikky"
home_care="COM 9000007-0 care"
dentist="COM 9000003-8 dental"
version=v1

fail() { echo "$1" >&2; exit 1; }

# The value of a path in the last answer; steps are local names of the contract.
value() {
    xmllint --xpath "string(//*[local-name()='Body']/*$(printf '%s' "/$1" | sed "s|/\([A-Za-z]*\)|/*[local-name()='\1']|g"))" \
        "$folder/answer.xml"
}

expect() { # PATH EXPECTED
    found=$(value "$1")
    [ "$found" = "$2" ] || fail "$1: found $found, expected $2"
}

# Whether the Body's element in a file follows the schema in the WSDL.
valid() {
    xmllint --xpath "//*[local-name()='Body']/*" "$1" > "$folder/body.xml"
    xmllint --noout --schema "$folder/psop.xsd" "$folder/body.xml" 2> "$folder/said" || fail "$(cat "$folder/said")"
}

# Sends the body that comes on standard input: call SERVICE "CLASS CODE SUBSYSTEM".
call() {
    # shellcheck disable=SC2086 # three words
    set -- "$1" $2
    cat > "$folder/request.xml" <<EOF
<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
    xmlns:xrd="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers">
  <soap:Header>
    <xrd:client id:objectType="SUBSYSTEM">
      <id:xRoadInstance>FI-TEST</id:xRoadInstance>
      <id:memberClass>$2</id:memberClass>
      <id:memberCode>$3</id:memberCode>
      <id:subsystemCode>$4</id:subsystemCode>
    </xrd:client>
    <xrd:service id:objectType="SERVICE">
      <id:xRoadInstance>FI-TEST</id:xRoadInstance>
      <id:memberClass>MUN</id:memberClass>
      <id:memberCode>0204819-8</id:memberCode>
      <id:subsystemCode>psop</id:subsystemCode>
      <id:serviceCode>$1</id:serviceCode>
      <id:serviceVersion>$version</id:serviceVersion>
    </xrd:service>
    <xrd:userId>matti.meikäläinen</xrd:userId>
    <xrd:id>$(cat /proc/sys/kernel/random/uuid)</xrd:id>
    <xrd:protocolVersion>4.0</xrd:protocolVersion>
  </soap:Header>
  <soap:Body><$1 xmlns="$psop">$(cat)</$1></soap:Body>
</soap:Envelope>
EOF
    valid "$folder/request.xml"
    curl -sS -H 'Content-Type: text/xml; charset=utf-8' -H 'SOAPAction: ""' \
        --data-binary @"$folder/request.xml" -o "$folder/answer.xml" -w '%{http_code}' "$address" > "$folder/status"
    [ "$(cat "$folder/status")" = 500 ] || valid "$folder/answer.xml"
}

# What the three kinds of grants share: grant REFERENCE SERVICE PERSON GIVEN-NAMES FAMILY-NAME
grant() {
    cat <<EOF
<meta>
  <sourceSystem>PAIKKY</sourceSystem>
  <sourceReference>$1</sourceReference>
  <purpose>PALVELUN_JARJESTAMINEN</purpose>
</meta>
<action>CREATE</action>
<organiser><municipalityCode>853</municipalityCode></organiser>
<customer>
  <personId>$3</personId>
  <givenNames>$4</givenNames>
  <familyName>$5</familyName>
  <language>FI</language>
  <municipalityOfResidence>853</municipalityOfResidence>
</customer>
<terms>
  <instrument>VOUCHER</instrument>
  <serviceCode>$2</serviceCode>
  <decisionRef>$1-PÄÄTÖS</decisionRef>
  <decisionDate>2026-02-20</decisionDate>
  <valueBasis>FLAT</valueBasis>
  <validFrom>2026-03-01</validFrom>
  <validTo>2026-08-31</validTo>
</terms>
EOF
}

ordinary_grant() { # REFERENCE
    grant "$1" kotiapu 110987-904Y "Maija Äänetär" "Öhman-Åberg"
    cat <<EOF
<ordinary>
  <unit>H</unit>
  <quantityPerPeriod>10</quantityPerPeriod>
  <period>MONTH</period>
  <unitValue>32.00</unitValue>
  <maxUnitPrice>42.00</maxUnitPrice>
</ordinary>
EOF
}

# The WSDL, and out of it the schema of the messages.
curl -sS -f -o "$folder/psop.wsdl" "$address?wsdl"
xmllint --xpath "//*[local-name()='schema'][@targetNamespace='$psop']" "$folder/psop.wsdl" > "$folder/psop.xsd"
echo "ok wsdl"

# Home care: granted, sent again, refused a second time, looked up by the provider.
ordinary_grant HA-2026-0001 | call postPurchasingPower "$municipality"
expect result/status OK
expect purchasingPower/totalAuthorised 1920.00
number=$(value purchasingPower/purchasingPowerNumber)
echo "ok postPurchasingPower"
ordinary_grant HA-2026-0001 | call postPurchasingPower "$municipality"
expect result/replayed true
expect purchasingPower/purchasingPowerNumber "$number"
echo "ok replay"
ordinary_grant HA-2026-0002 | call postPurchasingPower "$municipality"
expect result/status REJECTED
expect result/error/code PP_OVERLAP
echo "ok rejection"
call getOstovoima "$home_care" <<EOF
<meta><sourceSystem>KOTIHOIVA</sourceSystem><purpose>PALVELUN_TUOTTAMINEN</purpose></meta>
<purchasingPowerNumber>$number</purchasingPowerNumber>
<providerBusinessId>9000007-0</providerBusinessId>
EOF
expect ostovoima/ordinary/unitValue 32.00
expect ostovoima/ordinary/remaining 10.000
expect ostovoima/ordinary/totalRemaining 60.000
expect ostovoima/customer/givenNames "Maija Äänetär"
expect ostovoima/customer/familyName "Öhman-Åberg"
echo "ok getOstovoima"

# A balance.
{
    grant SH-2026-0003 saldo-hoiva 010160-9109 Kerttu Aalto
    echo "<saldo><balanceTotal>1200.00</balanceTotal><balanceUnit>EUR</balanceUnit></saldo>"
} | call postSaldoPurchasingPower "$municipality"
expect purchasingPower/totalAuthorised 1200.00
echo "ok postSaldoPurchasingPower"

# Dental care: granted, recorded by the dentist, read by the municipality.
{
    grant SU-2026-0004 suun-hoito 300401A9139 Onni Mäkelä
    cat <<EOF
<dental>
  <mode>ITEMISED</mode>
  <line><lineNo>1</lineNo><procedureCode>SAA02</procedureCode><maxCount>1</maxCount><unitValue>45.00</unitValue></line>
  <line><lineNo>2</lineNo><procedureCode>SFA20</procedureCode><tooth>16</tooth><maxCount>1</maxCount><unitValue>85.00</unitValue></line>
</dental>
EOF
} | call postDentalPurchasingPower "$municipality"
expect purchasingPower/totalAuthorised 130.00
number=$(value purchasingPower/purchasingPowerNumber)
echo "ok postDentalPurchasingPower"
call postDentalServiceEvent "$dentist" <<EOF
<meta>
  <sourceSystem>HAMMASHOITO</sourceSystem>
  <sourceReference>TT-2026-0005</sourceReference>
  <purpose>PALVELUN_TUOTTAMINEN</purpose>
</meta>
<action>CREATE</action>
<purchasingPowerNumber>$number</purchasingPowerNumber>
<personId>300401A9139</personId>
<providerBusinessId>9000003-8</providerBusinessId>
<providerUnitCode>Töölö-Åker 1</providerUnitCode>
<serviceDate>2026-03-12</serviceDate>
<visitType>VASTAANOTTO</visitType>
<professional><role>HAMMASLAAKARI</role><terhikkiNumber>12345678901</terhikkiNumber></professional>
<procedure><lineNo>1</lineNo><procedureCode>SAA02</procedureCode><count>1</count><unitPrice>62.00</unitPrice></procedure>
<procedure><lineNo>2</lineNo><procedureCode>SFA20</procedureCode><tooth>16</tooth><surfaces>MO</surfaces><count>1</count><unitPrice>110.00</unitPrice></procedure>
EOF
expect event/totalPrice 172.00
expect event/voucherShare 130.00
expect event/customerShare 42.00
event=$(value event/eventId)
echo "ok postDentalServiceEvent"
call getServiceEvents "$municipality" <<EOF
<meta><sourceSystem>PAIKKY</sourceSystem><purpose>PALVELUN_JARJESTAMINEN</purpose></meta>
<organiser><municipalityCode>853</municipalityCode></organiser>
<changesSince/>
EOF
expect count 1
expect event/eventId "$event"
expect event/voucherShare 130.00
echo "ok getServiceEvents"
expect event/providerUnitCode "Töölö-Åker 1"
echo "ok letters"

# A fault: a version that does not exist.
version=v9
ordinary_grant HA-2026-0009 | call postPurchasingPower "$municipality"
[ "$(cat "$folder/status")" = 500 ] || fail "the status of a fault is $(cat "$folder/status")"
[ "$(xmllint --xpath "string(//faultcode)" "$folder/answer.xml" | cut -d: -f2)" = Client ] || fail "no faultcode Client"
[ "$(xmllint --xpath "string(//detail/*[local-name()='errorCode'])" "$folder/answer.xml")" = VERSION_UNKNOWN ] ||
    fail "no errorCode VERSION_UNKNOWN"
echo "ok fault"
