// The six services through `strong-soap`. Bodies are typed from the WSDL. Takes the adapter's address.
//
// Header elements are written as XML: as objects they are wrong on the wire. Dates go out with a zone, which the
// adapter takes: 2026-03-01Z is the first of March.
'use strict';

const assert = require('node:assert');
const { randomUUID } = require('node:crypto');
const { promisify } = require('node:util');
const { soap } = require('strong-soap');

const XRD = 'http://x-road.eu/xsd/xroad.xsd';
const ID = 'http://x-road.eu/xsd/identifiers';
const MUNICIPALITY = ['MUN', '0204819-8', 'paikky'];
const HOME_CARE = ['COM', '9000007-0', 'care'];
const DENTIST = ['COM', '9000003-8', 'dental'];

function identifier(name, objectType, parts) {
  const inner = Object.entries(parts).map(([part, value]) => `<id:${part}>${value}</id:${part}>`);
  return `<xrd:${name} xmlns:xrd="${XRD}" xmlns:id="${ID}" id:objectType="${objectType}">${inner.join('')}</xrd:${name}>`;
}

function text(name, value) {
  return `<xrd:${name} xmlns:xrd="${XRD}">${value}</xrd:${name}>`;
}

function header(service, [memberClass, memberCode, subsystemCode], version) {
  return [
    identifier('client', 'SUBSYSTEM', { xRoadInstance: 'FI-TEST', memberClass, memberCode, subsystemCode }),
    identifier('service', 'SERVICE', {
      xRoadInstance: 'FI-TEST',
      memberClass: 'MUN',
      memberCode: '0204819-8',
      subsystemCode: 'psop',
      serviceCode: service,
      serviceVersion: version,
    }),
    text('userId', 'matti.meikäläinen'),
    text('id', randomUUID()),
    text('protocolVersion', '4.0'),
  ];
}

async function call(adapter, service, member, request, version = 'v1') {
  adapter.clearSoapHeaders();
  header(service, member, version).forEach((part) => adapter.addSoapHeader(part));
  return new Promise((resolve, reject) => {
    adapter[service](request, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

// One element of a list comes bare where the package knows no better.
function list(value) {
  return Array.isArray(value) ? value : [value];
}

// A grant to a customer: what the three kinds of grants share, and the content of one of them.
function grant(reference, serviceCode, [personId, givenNames, familyName], content) {
  return {
    meta: { sourceSystem: 'PAIKKY', sourceReference: reference, purpose: 'PALVELUN_JARJESTAMINEN' },
    action: 'CREATE',
    organiser: { municipalityCode: '853' },
    customer: { personId, givenNames, familyName, language: 'FI', municipalityOfResidence: '853' },
    terms: {
      instrument: 'VOUCHER',
      serviceCode,
      decisionRef: `${reference}-PÄÄTÖS`,
      decisionDate: '2026-02-20',
      valueBasis: 'FLAT',
      validFrom: '2026-03-01',
      validTo: '2026-08-31',
    },
    ...content,
  };
}

function ordinaryGrant(reference) {
  return grant(reference, 'kotiapu', ['110987-904Y', 'Maija Äänetär', 'Öhman-Åberg'], {
    ordinary: {
      unit: 'H',
      quantityPerPeriod: '10',
      period: 'MONTH',
      unitValue: '32.00',
      maxUnitPrice: '42.00',
    },
  });
}

// Grants, sends again, is refused a second one, and looks up as the provider. Amounts come as text.
async function homeCare(adapter) {
  let answer = await call(adapter, 'postPurchasingPower', MUNICIPALITY, ordinaryGrant('HA-2026-0001'));
  assert.strictEqual(answer.result.status, 'OK');
  assert.strictEqual(answer.purchasingPower.totalAuthorised, '1920.00');
  const number = answer.purchasingPower.purchasingPowerNumber;
  console.log('ok postPurchasingPower');

  answer = await call(adapter, 'postPurchasingPower', MUNICIPALITY, ordinaryGrant('HA-2026-0001'));
  assert.strictEqual(answer.result.replayed, true);
  assert.strictEqual(answer.purchasingPower.purchasingPowerNumber, number);
  console.log('ok replay');

  answer = await call(adapter, 'postPurchasingPower', MUNICIPALITY, ordinaryGrant('HA-2026-0002'));
  assert.strictEqual(answer.result.status, 'REJECTED');
  assert.deepStrictEqual(list(answer.result.error).map((error) => error.code), ['PP_OVERLAP']);
  console.log('ok rejection');

  const { ostovoima } = await call(adapter, 'getOstovoima', HOME_CARE, {
    meta: { sourceSystem: 'KOTIHOIVA', purpose: 'PALVELUN_TUOTTAMINEN' },
    purchasingPowerNumber: number,
    providerBusinessId: '9000007-0',
  });
  assert.strictEqual(ostovoima.ordinary.unitValue, '32.00');
  assert.strictEqual(Number(ostovoima.ordinary.remaining), 10);
  assert.strictEqual(Number(ostovoima.ordinary.totalRemaining), 60);
  assert.strictEqual(ostovoima.customer.givenNames, 'Maija Äänetär');
  assert.strictEqual(ostovoima.customer.familyName, 'Öhman-Åberg');
  console.log('ok getOstovoima');
}

async function balance(adapter) {
  const request = grant('SH-2026-0003', 'saldo-hoiva', ['010160-9109', 'Kerttu', 'Aalto'], {
    saldo: { balanceTotal: '1200.00', balanceUnit: 'EUR' },
  });
  const answer = await call(adapter, 'postSaldoPurchasingPower', MUNICIPALITY, request);
  assert.strictEqual(answer.purchasingPower.totalAuthorised, '1200.00');
  console.log('ok postSaldoPurchasingPower');
}

// Grants two procedures; the dentist records both, and the municipality reads the event.
async function dentalCare(adapter) {
  const request = grant('SU-2026-0004', 'suun-hoito', ['300401A9139', 'Onni', 'Mäkelä'], {
    dental: {
      mode: 'ITEMISED',
      line: [
        { lineNo: 1, procedureCode: 'SAA02', maxCount: 1, unitValue: '45.00' },
        { lineNo: 2, procedureCode: 'SFA20', tooth: '16', maxCount: 1, unitValue: '85.00' },
      ],
    },
  });
  const { purchasingPower } = await call(adapter, 'postDentalPurchasingPower', MUNICIPALITY, request);
  assert.strictEqual(purchasingPower.totalAuthorised, '130.00');
  console.log('ok postDentalPurchasingPower');

  const { event } = await call(adapter, 'postDentalServiceEvent', DENTIST, {
    meta: { sourceSystem: 'HAMMASHOITO', sourceReference: 'TT-2026-0005', purpose: 'PALVELUN_TUOTTAMINEN' },
    action: 'CREATE',
    purchasingPowerNumber: purchasingPower.purchasingPowerNumber,
    personId: '300401A9139',
    providerBusinessId: '9000003-8',
    providerUnitCode: 'Töölö-Åker 1',
    serviceDate: '2026-03-12',
    visitType: 'VASTAANOTTO',
    professional: { role: 'HAMMASLAAKARI', terhikkiNumber: '12345678901' },
    procedure: [
      { lineNo: 1, procedureCode: 'SAA02', count: 1, unitPrice: '62.00' },
      { lineNo: 2, procedureCode: 'SFA20', tooth: '16', surfaces: 'MO', count: 1, unitPrice: '110.00' },
    ],
  });
  assert.strictEqual(event.line[1].voucherShare, '85.00');
  assert.strictEqual(event.totalPrice, '172.00');
  assert.strictEqual(event.customerShare, '42.00');
  console.log('ok postDentalServiceEvent');

  const answer = await call(adapter, 'getServiceEvents', MUNICIPALITY, {
    meta: { sourceSystem: 'PAIKKY', purpose: 'PALVELUN_JARJESTAMINEN' },
    organiser: { municipalityCode: '853' },
    changesSince: '',
  });
  const [shown, ...others] = list(answer.event);
  assert.strictEqual(others.length, 0);
  assert.strictEqual(shown.eventId, event.eventId);
  assert.strictEqual(shown.voucherShare, '130.00');
  console.log('ok getServiceEvents');
  assert.strictEqual(shown.providerUnitCode, 'Töölö-Åker 1');
  console.log('ok letters');
}

async function fault(adapter) {
  try {
    await call(adapter, 'postPurchasingPower', MUNICIPALITY, ordinaryGrant('HA-2026-0009'), 'v9');
  } catch (error) {
    const found = error.root.Envelope.Body.Fault;
    assert.strictEqual(found.faultcode.split(':')[1], 'Client');
    assert.strictEqual(found.detail.errorCode, 'VERSION_UNKNOWN');
    console.log('ok fault');
    return;
  }
  assert.fail('no fault for an unknown version');
}

async function main(address) {
  const adapter = await promisify(soap.createClient)(`${address}?wsdl`, {});
  console.log('ok wsdl');
  await homeCare(adapter);
  await balance(adapter);
  await dentalCare(adapter);
  await fault(adapter);
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exit(1);
});
