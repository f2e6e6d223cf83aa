#!/usr/bin/perl
# The six services through SOAP::Lite, which carries the messages and finds faults, and XML::Compile::Schema,
# which writes and reads bodies and header by the schemas in the WSDL. Takes the adapter's address.
use strict;
use warnings;
use utf8;

use Encode qw(decode);
use SOAP::Lite;
use XML::Compile::Schema;
use XML::Compile::Util qw(pack_type);
use XML::LibXML;

my $PSOP = 'http://psop.x-road.global/producer/v1';
my $XRD = 'http://x-road.eu/xsd/xroad.xsd';
my $ID = 'http://x-road.eu/xsd/identifiers';
my $SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
my @MUNICIPALITY = ('MUN', '0204819-8', 'paikky');
my @HOME_CARE = ('COM', '9000007-0', 'care');
my @DENTIST = ('COM', '9000003-8', 'dental');

binmode $_, ':encoding(UTF-8)' for *STDOUT, *STDERR;
$| = 1;
my ($address) = @ARGV;
my $soap = SOAP::Lite->proxy($address);

# The WSDL, and all schemas in it.
my $fetched = $soap->transport->proxy->get("$address?wsdl");
die 'the WSDL: ', $fetched->status_line unless $fetched->is_success;
my $wsdl = XML::LibXML->load_xml(string => $fetched->content);
my $schemas = XML::Compile::Schema->new;
$schemas->importDefinitions($_)
    for $wsdl->findnodes('/*/*[local-name()="types"]/*[local-name()="schema"]');
print "ok wsdl\n";

# The writer or reader of an element, made once.
my %compiled;

sub compiled {
    my ($action, $namespace, $name) = @_;
    return $compiled{"$action $name"} //= $schemas->compile(
        $action => pack_type($namespace, $name),
        # Decimals as text, so that none is rounded.
        sloppy_floats => 0,
        prefixes => { psop => $PSOP, xrd => $XRD, id => $ID },
    );
}

sub xroad_header {
    my ($service, $member, $version) = @_;
    my ($class, $code, $subsystem) = @$member;
    return (
        [client => {
            objectType => 'SUBSYSTEM', xRoadInstance => 'FI-TEST',
            memberClass => $class, memberCode => $code, subsystemCode => $subsystem,
        }],
        [service => {
            objectType => 'SERVICE', xRoadInstance => 'FI-TEST',
            memberClass => 'MUN', memberCode => '0204819-8', subsystemCode => 'psop',
            serviceCode => $service, serviceVersion => $version,
        }],
        [userId => 'matti.meikäläinen'],
        [id => sprintf('%d-%d-%d', time, $$, rand 1e9)],
        [protocolVersion => '4.0'],
    );
}

# Sends a body; the answer's body, or dies with the SOAP fault (a SOAP::SOM).
sub call {
    my ($service, $member, $request, $version) = @_;
    my $document = XML::LibXML::Document->new('1.0', 'UTF-8');
    my $envelope = $document->createElementNS($SOAP, 'soap:Envelope');
    $document->setDocumentElement($envelope);
    my $header = $envelope->addNewChild($SOAP, 'soap:Header');
    for my $part (xroad_header($service, $member, $version // 'v1')) {
        my ($name, $value) = @$part;
        $header->addChild(compiled(WRITER => $XRD, $name)->($document, $value));
    }
    my $body = $envelope->addNewChild($SOAP, 'soap:Body');
    $body->addChild(compiled(WRITER => $PSOP, $service)->($document, $request));

    # SOAP::Lite encodes what it sends: it takes characters, not bytes.
    my $answer = $soap->transport->send_receive(
        endpoint => $address, action => '', encoding => 'utf-8', envelope => decode('UTF-8', $document->toString),
    );
    my $som = eval { $soap->deserializer->deserialize($answer) } or die "no SOAP: $@";
    die $som if $som->fault;
    my ($content) = XML::LibXML->load_xml(string => $answer)->findnodes('/*/*[local-name()="Body"]/*');
    return compiled(READER => $PSOP, "${service}Response")->($content);
}

sub check {
    my ($what, $found, $expected) = @_;
    die "$what: found ", $found // 'nothing', ", expected $expected\n" unless defined $found && $found eq $expected;
}

# An amount, as a Math::BigFloat: compared as a number.
sub check_amount {
    my ($what, $found, $expected) = @_;
    die "$what: found $found, expected $expected\n" unless $found == $expected;
}

# A grant to a customer: what the three kinds of grants share, and the content of one of them.
sub grant {
    my ($reference, $service, $customer, %content) = @_;
    my ($person_id, $given_names, $family_name) = @$customer;
    return {
        meta => { sourceSystem => 'PAIKKY', sourceReference => $reference, purpose => 'PALVELUN_JARJESTAMINEN' },
        action => 'CREATE',
        organiser => { municipalityCode => '853' },
        customer => {
            personId => $person_id, givenNames => $given_names, familyName => $family_name,
            language => 'FI', municipalityOfResidence => '853',
        },
        terms => {
            instrument => 'VOUCHER', serviceCode => $service, decisionRef => "$reference-PÄÄTÖS",
            decisionDate => '2026-02-20', valueBasis => 'FLAT',
            validFrom => '2026-03-01', validTo => '2026-08-31',
        },
        %content,
    };
}

sub ordinary_grant {
    my ($reference) = @_;
    return grant($reference, 'kotiapu', ['110987-904Y', 'Maija Äänetär', 'Öhman-Åberg'], ordinary => {
        unit => 'H', quantityPerPeriod => '10', period => 'MONTH', unitValue => '32.00', maxUnitPrice => '42.00',
    });
}

# Grants, sends again, is refused a second one, and looks up as the provider.
sub home_care {
    my $answer = call(postPurchasingPower => \@MUNICIPALITY, ordinary_grant('HA-2026-0001'));
    check('status', $answer->{result}{status}, 'OK');
    check_amount('totalAuthorised', $answer->{purchasingPower}{totalAuthorised}, '1920.00');
    my $number = $answer->{purchasingPower}{purchasingPowerNumber};
    print "ok postPurchasingPower\n";

    $answer = call(postPurchasingPower => \@MUNICIPALITY, ordinary_grant('HA-2026-0001'));
    check('replayed', $answer->{result}{replayed}, 1);
    check('number', $answer->{purchasingPower}{purchasingPowerNumber}, $number);
    print "ok replay\n";

    $answer = call(postPurchasingPower => \@MUNICIPALITY, ordinary_grant('HA-2026-0002'));
    check('status', $answer->{result}{status}, 'REJECTED');
    check('errors', join(' ', map { $_->{code} } @{ $answer->{result}{error} }), 'PP_OVERLAP');
    print "ok rejection\n";

    my $shown = call(getOstovoima => \@HOME_CARE, {
        meta => { sourceSystem => 'KOTIHOIVA', purpose => 'PALVELUN_TUOTTAMINEN' },
        purchasingPowerNumber => $number,
        providerBusinessId => '9000007-0',
    })->{ostovoima};
    check_amount('unitValue', $shown->{ordinary}{unitValue}, '32.00');
    check_amount('remaining', $shown->{ordinary}{remaining}, '10.000');
    check_amount('totalRemaining', $shown->{ordinary}{totalRemaining}, '60.000');
    check('givenNames', $shown->{customer}{givenNames}, 'Maija Äänetär');
    check('familyName', $shown->{customer}{familyName}, 'Öhman-Åberg');
    print "ok getOstovoima\n";
}

sub balance {
    my $request = grant('SH-2026-0003', 'saldo-hoiva', ['010160-9109', 'Kerttu', 'Aalto'],
        saldo => { balanceTotal => '1200.00', balanceUnit => 'EUR' });
    my $answer = call(postSaldoPurchasingPower => \@MUNICIPALITY, $request);
    check_amount('totalAuthorised', $answer->{purchasingPower}{totalAuthorised}, '1200.00');
    print "ok postSaldoPurchasingPower\n";
}

# Grants two procedures; the dentist records both, and the municipality reads the event.
sub dental_care {
    my $request = grant('SU-2026-0004', 'suun-hoito', ['300401A9139', 'Onni', 'Mäkelä'], dental => {
        mode => 'ITEMISED',
        line => [
            { lineNo => 1, procedureCode => 'SAA02', maxCount => 1, unitValue => '45.00' },
            { lineNo => 2, procedureCode => 'SFA20', tooth => '16', maxCount => 1, unitValue => '85.00' },
        ],
    });
    my $answer = call(postDentalPurchasingPower => \@MUNICIPALITY, $request);
    check_amount('totalAuthorised', $answer->{purchasingPower}{totalAuthorised}, '130.00');
    my $number = $answer->{purchasingPower}{purchasingPowerNumber};
    print "ok postDentalPurchasingPower\n";

    my @filling = (lineNo => 2, procedureCode => 'SFA20', tooth => '16', surfaces => 'MO', count => 1);
    my $event = call(postDentalServiceEvent => \@DENTIST, {
        meta => {
            sourceSystem => 'HAMMASHOITO', sourceReference => 'TT-2026-0005', purpose => 'PALVELUN_TUOTTAMINEN',
        },
        action => 'CREATE',
        purchasingPowerNumber => $number,
        personId => '300401A9139',
        providerBusinessId => '9000003-8',
        providerUnitCode => 'Töölö-Åker 1',
        serviceDate => '2026-03-12',
        visitType => 'VASTAANOTTO',
        professional => { role => 'HAMMASLAAKARI', terhikkiNumber => '12345678901' },
        procedure => [
            { lineNo => 1, procedureCode => 'SAA02', count => 1, unitPrice => '62.00' },
            { @filling, unitPrice => '110.00' },
        ],
    })->{event};
    check_amount('voucherShare', $event->{line}[1]{voucherShare}, '85.00');
    check_amount('totalPrice', $event->{totalPrice}, '172.00');
    check_amount('customerShare', $event->{customerShare}, '42.00');
    print "ok postDentalServiceEvent\n";

    $answer = call(getServiceEvents => \@MUNICIPALITY, {
        meta => { sourceSystem => 'PAIKKY', purpose => 'PALVELUN_JARJESTAMINEN' },
        organiser => { municipalityCode => '853' },
        changesSince => '',
    });
    check('events', join(' ', map { $_->{eventId} } @{ $answer->{event} }), $event->{eventId});
    check_amount('voucherShare', $answer->{event}[0]{voucherShare}, '130.00');
    print "ok getServiceEvents\n";
    check('providerUnitCode', $answer->{event}[0]{providerUnitCode}, 'Töölö-Åker 1');
    print "ok letters\n";
}

sub fault {
    eval { call(postPurchasingPower => \@MUNICIPALITY, ordinary_grant('HA-2026-0009'), 'v9') };
    my $fault = $@;
    die $fault || "no fault for an unknown version\n" unless ref $fault eq 'SOAP::SOM';
    check('faultcode', $fault->faultcode =~ s/.*://r, 'Client');
    check('errorCode', $fault->faultdetail->{errorCode}, 'VERSION_UNKNOWN');
    print "ok fault\n";
}

home_care();
balance();
dental_care();
fault();
