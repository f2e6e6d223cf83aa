# The six services through soap4r. Bodies are typed from the WSDL. Takes the adapter's address.
#
# Header parts come from a handler of their own: so objectType gets its namespace.
require 'bigdecimal'
require 'securerandom'
require 'soap/wsdlDriver'
require 'soap/header/handler'

XRD = 'http://x-road.eu/xsd/xroad.xsd'.freeze
ID = 'http://x-road.eu/xsd/identifiers'.freeze
MUNICIPALITY = %w[MUN 0204819-8 paikky].freeze
HOME_CARE = %w[COM 9000007-0 care].freeze
DENTIST = %w[COM 9000003-8 dental].freeze

$stdout.sync = true

# One element of the X-Road header.
class Part < SOAP::Header::Handler
  attr_writer :content

  def initialize(name)
    super(XSD::QName.new(XRD, name))
  end

  def on_outbound
    @content
  end

  # The answer's header repeats the request's.
  def on_inbound(_header, _must_understand); end
end

def text(namespace, name, value)
  SOAP::SOAPElement.new(XSD::QName.new(namespace, name), value)
end

def identifier(name, object_type, parts)
  element = SOAP::SOAPElement.new(XSD::QName.new(XRD, name))
  element.extraattr[XSD::QName.new(ID, 'objectType')] = object_type
  parts.each { |part, value| element.add(text(ID, part, value)) }
  element
end

class Adapter
  def initialize(address)
    @driver = SOAP::WSDLDriverFactory.new("#{address}?wsdl").create_rpc_driver
    @parts = %w[client service userId id protocolVersion].to_h { |name| [name, Part.new(name)] }
    @parts.each_value { |part| @driver.headerhandler << part }
  end

  def call(service, member, request, version = 'v1')
    member_class, member_code, subsystem_code = member
    @parts['client'].content = identifier(
      'client', 'SUBSYSTEM',
      'xRoadInstance' => 'FI-TEST', 'memberClass' => member_class,
      'memberCode' => member_code, 'subsystemCode' => subsystem_code
    )
    @parts['service'].content = identifier(
      'service', 'SERVICE',
      'xRoadInstance' => 'FI-TEST', 'memberClass' => 'MUN', 'memberCode' => '0204819-8',
      'subsystemCode' => 'psop', 'serviceCode' => service, 'serviceVersion' => version
    )
    @parts['userId'].content = text(XRD, 'userId', 'matti.meikäläinen')
    @parts['id'].content = text(XRD, 'id', SecureRandom.uuid)
    @parts['protocolVersion'].content = text(XRD, 'protocolVersion', '4.0')
    @driver.send(service, request)
  end
end

def check(what, found, expected)
  # Decimals are handed over as text, so that none is rounded.
  found = BigDecimal(found) if expected.is_a?(BigDecimal)
  raise "#{what}: found #{found.inspect}, expected #{expected.inspect}" if found != expected
end

def amount(text)
  BigDecimal(text)
end

# One element comes bare, more come as a list.
def list(value)
  value.is_a?(Array) ? value : [value]
end

# A grant to a customer: what the three kinds of grants share, and the content of one of them.
def grant(reference, service, customer, content)
  person_id, given_names, family_name = customer
  {
    meta: { sourceSystem: 'PAIKKY', sourceReference: reference, purpose: 'PALVELUN_JARJESTAMINEN' },
    action: 'CREATE',
    organiser: { municipalityCode: '853' },
    customer: {
      personId: person_id,
      givenNames: given_names,
      familyName: family_name,
      language: 'FI',
      municipalityOfResidence: '853'
    },
    terms: {
      instrument: 'VOUCHER',
      serviceCode: service,
      decisionRef: "#{reference}-PÄÄTÖS",
      decisionDate: '2026-02-20',
      valueBasis: 'FLAT',
      validFrom: '2026-03-01',
      validTo: '2026-08-31'
    }
  }.merge(content)
end

def ordinary_grant(reference)
  grant(reference, 'kotiapu', ['110987-904Y', 'Maija Äänetär', 'Öhman-Åberg'],
        ordinary: {
          unit: 'H', quantityPerPeriod: '10', period: 'MONTH', unitValue: '32.00', maxUnitPrice: '42.00'
        })
end

# Grants, sends again, is refused a second one, and looks up as the provider.
def home_care(adapter)
  answer = adapter.call('postPurchasingPower', MUNICIPALITY, ordinary_grant('HA-2026-0001'))
  check('status', answer.result.status, 'OK')
  check('totalAuthorised', answer.purchasingPower.totalAuthorised, amount('1920.00'))
  number = answer.purchasingPower.purchasingPowerNumber
  puts 'ok postPurchasingPower'

  answer = adapter.call('postPurchasingPower', MUNICIPALITY, ordinary_grant('HA-2026-0001'))
  check('replayed', answer.result.replayed.to_s, 'true')
  check('number', answer.purchasingPower.purchasingPowerNumber, number)
  puts 'ok replay'

  answer = adapter.call('postPurchasingPower', MUNICIPALITY, ordinary_grant('HA-2026-0002'))
  check('status', answer.result.status, 'REJECTED')
  check('errors', list(answer.result['error']).map(&:code), ['PP_OVERLAP'])
  puts 'ok rejection'

  shown = adapter.call('getOstovoima', HOME_CARE,
                       meta: { sourceSystem: 'KOTIHOIVA', purpose: 'PALVELUN_TUOTTAMINEN' },
                       purchasingPowerNumber: number,
                       providerBusinessId: '9000007-0').ostovoima
  check('unitValue', shown.ordinary.unitValue, amount('32.00'))
  check('remaining', shown.ordinary.remaining, amount('10.000'))
  check('totalRemaining', shown.ordinary.totalRemaining, amount('60.000'))
  check('givenNames', shown.customer.givenNames, 'Maija Äänetär')
  check('familyName', shown.customer.familyName, 'Öhman-Åberg')
  puts 'ok getOstovoima'
end

def balance(adapter)
  request = grant('SH-2026-0003', 'saldo-hoiva', %w[010160-9109 Kerttu Aalto],
                  saldo: { balanceTotal: '1200.00', balanceUnit: 'EUR' })
  answer = adapter.call('postSaldoPurchasingPower', MUNICIPALITY, request)
  check('totalAuthorised', answer.purchasingPower.totalAuthorised, amount('1200.00'))
  puts 'ok postSaldoPurchasingPower'
end

# Grants two procedures; the dentist records both, and the municipality reads the event.
def dental_care(adapter)
  lines = [
    { lineNo: 1, procedureCode: 'SAA02', maxCount: 1, unitValue: '45.00' },
    { lineNo: 2, procedureCode: 'SFA20', tooth: '16', maxCount: 1, unitValue: '85.00' }
  ]
  request = grant('SU-2026-0004', 'suun-hoito', %w[300401A9139 Onni Mäkelä],
                  dental: { mode: 'ITEMISED', line: lines })
  answer = adapter.call('postDentalPurchasingPower', MUNICIPALITY, request)
  check('totalAuthorised', answer.purchasingPower.totalAuthorised, amount('130.00'))
  number = answer.purchasingPower.purchasingPowerNumber
  puts 'ok postDentalPurchasingPower'

  filling = { lineNo: 2, procedureCode: 'SFA20', tooth: '16', surfaces: 'MO', count: 1 }
  event = adapter.call(
    'postDentalServiceEvent', DENTIST,
    meta: { sourceSystem: 'HAMMASHOITO', sourceReference: 'TT-2026-0005', purpose: 'PALVELUN_TUOTTAMINEN' },
    action: 'CREATE',
    purchasingPowerNumber: number,
    personId: '300401A9139',
    providerBusinessId: '9000003-8',
    providerUnitCode: 'Töölö-Åker 1',
    serviceDate: '2026-03-12',
    visitType: 'VASTAANOTTO',
    professional: { role: 'HAMMASLAAKARI', terhikkiNumber: '12345678901' },
    procedure: [
      { lineNo: 1, procedureCode: 'SAA02', count: 1, unitPrice: '62.00' },
      filling.merge(unitPrice: '110.00')
    ]
  ).event
  check('voucherShare', event.line[1].voucherShare, amount('85.00'))
  check('totalPrice', event.totalPrice, amount('172.00'))
  check('customerShare', event.customerShare, amount('42.00'))
  puts 'ok postDentalServiceEvent'

  answer = adapter.call('getServiceEvents', MUNICIPALITY,
                        meta: { sourceSystem: 'PAIKKY', purpose: 'PALVELUN_JARJESTAMINEN' },
                        organiser: { municipalityCode: '853' },
                        changesSince: '')
  events = list(answer.event)
  check('events', events.map(&:eventId), [event.eventId])
  check('voucherShare', events[0].voucherShare, amount('130.00'))
  check('serviceDate', events[0].serviceDate, '2026-03-12')
  puts 'ok getServiceEvents'
  check('providerUnitCode', events[0].providerUnitCode, 'Töölö-Åker 1')
  puts 'ok letters'
end

def fault(adapter)
  adapter.call('postPurchasingPower', MUNICIPALITY, ordinary_grant('HA-2026-0009'), 'v9')
  raise 'no fault for an unknown version'
rescue SOAP::FaultError => e
  check('faultcode', e.faultcode.data.to_s.sub(/.*:/, ''), 'Client')
  check('errorCode', e.detail.errorCode, 'VERSION_UNKNOWN')
  puts 'ok fault'
end

adapter = Adapter.new(ARGV[0])
puts 'ok wsdl'
home_care(adapter)
balance(adapter)
dental_care(adapter)
fault(adapter)
