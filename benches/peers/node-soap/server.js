// getOstovoima by the package `soap`: bodies are read and written by the WSDL. Keeps nothing.
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const soap = require('soap');

function getOstovoima(asked) {
  return {
    result: { status: 'OK', replayed: false },
    ostovoima: {
      purchasingPowerNumber: asked.purchasingPowerNumber,
      kind: 'DENTAL',
      instrument: 'VOUCHER',
      state: 'VOIMASSA',
      validFrom: '2026-03-01',
      validTo: '2026-08-31',
      organiser: { municipalityCode: '853', name: 'Turun kaupunki', contact: 'palveluseteli@turku.example' },
      service: {
        serviceCode: 'suun-hoito',
        nameFi: 'Suun terveydenhuolto',
        nameSv: 'Tandvård',
        unit: 'TOIMENPIDE',
        legalBasis: 'PSL_569_2009',
        freeOfCharge: false,
      },
      customer: {
        personId: '300401A9139',
        givenNames: 'Onni',
        familyName: 'Mäkelä',
        language: 'FI',
        municipalityOfResidence: '853',
      },
      dental: { mode: 'PRICE_LIST_CEILING', ceiling: '900000.00', ceilingRemaining: '900000.00' },
      version: 1,
      asOf: '2026-03-16T10:00:00+02:00',
    },
  };
}

const server = http.createServer((request, response) => response.writeHead(404).end());
server.listen(0, '127.0.0.1', () => {
  const services = { psopService: { psopPort: { getOstovoima } } };
  const listening = soap.listen(server, { path: '/xroad', services, xml: fs.readFileSync(process.argv[2], 'utf8') });
  // The header's texts go back; the package has no way to repeat it as it came.
  listening.addSoapHeader((method, answer, headers) => ({
    'xrd:id': headers.id,
    'xrd:userId': headers.userId,
    'xrd:protocolVersion': headers.protocolVersion,
  }), '', 'xrd', 'http://x-road.eu/xsd/xroad.xsd');
  console.log(`ready http=127.0.0.1:${server.address().port}`);
});
