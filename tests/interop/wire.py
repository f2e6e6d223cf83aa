"""Records what goes between client and server, changes none of it, and says what it shows.

The recorder hands bytes on as they come. Only when all is over are they read as HTTP and SOAP, strictly enough
that a header which a security server would refuse is found.
"""

import socket
import threading
import xml.etree.ElementTree as ElementTree

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
XRD = "{http://x-road.eu/xsd/xroad.xsd}"
ID = "{http://x-road.eu/xsd/identifiers}"
PSOP = "{http://psop.x-road.global/producer/v1}"
SERVICES = [
    "getOstovoima",
    "postPurchasingPower",
    "postSaldoPurchasingPower",
    "postDentalPurchasingPower",
    "postDentalServiceEvent",
    "getServiceEvents",
]
# What comes back with its letters whole: names of the grant, and the unit of the event.
LETTERS = {"givenNames": "Maija Äänetär", "familyName": "Öhman-Åberg", "providerUnitCode": "Töölö-Åker 1"}


class Recorder:
    """Listens on loopback, and hands every connection on to the server."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.connections = []
        self.threads = []

    def url(self):
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/xroad"

    def start(self, server):
        self.accepting = threading.Thread(target=self.accept, args=(server,), daemon=True)
        self.accepting.start()

    def accept(self, server):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            upstream = socket.create_connection(server)
            asked, answered = bytearray(), bytearray()
            self.connections.append((asked, answered))
            for source, sink, kept in ((client, upstream, asked), (upstream, client, answered)):
                thread = threading.Thread(target=self.hand_on, args=(source, sink, kept), daemon=True)
                thread.start()
                self.threads.append(thread)

    @staticmethod
    def hand_on(source, sink, kept):
        try:
            while data := source.recv(65536):
                kept.extend(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def stop(self):
        """Every exchange: (method, path, request body, status, answer body)."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.accepting.join(timeout=10)
        for thread in self.threads:
            thread.join(timeout=10)
        exchanges = []
        for asked, answered in self.connections:
            requests = messages(bytes(asked))
            # An answer 100 comes before the one that counts.
            answers = [answer for answer in messages(bytes(answered)) if answer[0].split()[1] != "100"]
            for (line, _, body), answer in zip(requests, answers):
                method, path, _ = line.split()
                exchanges.append((method, path, body, int(answer[0].split()[1]), answer[2]))
        return exchanges


def messages(stream):
    """The HTTP messages of one direction of a connection: first line, headers, body."""
    found = []
    while b"\r\n\r\n" in stream:
        head, _, stream = stream.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while stream:
                size, _, stream = stream.partition(b"\r\n")
                length = int(size.split(b";")[0], 16)
                body, stream = body + stream[:length], stream[length + 2 :]
                if length == 0:
                    break
        else:
            length = int(headers.get("content-length", "0"))
            body, stream = stream[:length], stream[length:]
        found.append((first, headers, body))
    return found


def judge(exchanges, wsdl):
    """What the wire shows (`seen`, names of checks) and what is wrong with it (`faults`)."""
    seen, faults, letters, numbers = set(), [], set(), {}
    for method, path, asked, status, answered in exchanges:
        if method == "GET":
            if path.lower() == "/xroad?wsdl" and status == 200 and answered == wsdl:
                seen.add("wsdl")
            else:
                faults.append(f"asked for {path}: {status}")
            continue
        if path != "/xroad":
            faults.append(f"posted to {path}")
        request = ElementTree.fromstring(asked)
        faults += header_faults(request)
        body = request.find(f"{SOAP}Body")[0].tag.removeprefix(PSOP)
        answer = ElementTree.fromstring(answered).find(f"{SOAP}Body")[0]
        if answer.tag == f"{SOAP}Fault":
            seen.add("fault")
            continue
        outcome = answer.findtext(f"{PSOP}result/{PSOP}status")
        if outcome == "OK":
            seen.add(body)
        if outcome == "REJECTED":
            seen.add("rejection")
        number = answer.findtext(f"{PSOP}purchasingPower/{PSOP}purchasingPowerNumber")
        message_id = request.findtext(f"{SOAP}Header/{XRD}id")
        if answer.findtext(f"{PSOP}result/{PSOP}replayed") == "true" and numbers.get(number, message_id) != message_id:
            seen.add("replay")
        numbers.setdefault(number, message_id)
        letters |= {(e.tag.removeprefix(PSOP), e.text) for e in answer.iter()} & set(LETTERS.items())
    if len(letters) == len(LETTERS):
        seen.add("letters")
    return {"seen": sorted(seen), "faults": list(dict.fromkeys(faults))}


def header_faults(envelope):
    """What a security server would refuse of a request's header."""
    faults = []
    header = envelope.find(f"{SOAP}Header")
    if header is None:
        return ["a request without a SOAP header"]
    for part, object_type in (("client", "SUBSYSTEM"), ("service", "SERVICE")):
        element = header.find(f"{XRD}{part}")
        if element is None:
            faults.append(f"no xrd:{part} in its namespace")
        elif element.get(f"{ID}objectType") != object_type:
            faults.append(f"xrd:{part} has attributes {dict(element.attrib)}, not objectType in {ID}")
    for part in ("userId", "id", "protocolVersion"):
        if header.find(f"{XRD}{part}") is None:
            faults.append(f"no xrd:{part} in its namespace")
    return faults
