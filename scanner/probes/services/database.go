// SPDX-License-Identifier: Apache-2.0

package services

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"strings"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/distribution"
)

// postgresHello asks for TLS, as every client may before it says who it is
// (PostgreSQL protocol, section SSLRequest).
func postgresHello() hello {
	return hello{packet: []byte{0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f}, read: readPostgres}
}

// readPostgres reads yes, no, or an error message.
func readPostgres(answer []byte) (identity, bool) {
	single := len(answer) == 1 && (answer[0] == 'S' || answer[0] == 'N')
	failure := len(answer) >= 6 && answer[0] == 'E' && answer[1] == 0 && answer[2] == 0
	return identity{protocol: "postgresql", product: "postgresql"}, single || failure
}

// readMySQL reads the greeting of a server (protocol version 10): length,
// sequence 0, version text; or the error sent to a host it does not want.
func readMySQL(said []byte) (identity, bool) {
	const greeting, failure, header = 10, 0xff, 5
	if len(said) < header || said[3] != 0 || len(said) < 4+payloadSize(said) || payloadSize(said) < 8 {
		return identity{}, false
	}
	body := said[4 : 4+payloadSize(said)]
	if body[0] == failure {
		return mysqlFailure(body)
	}
	version, _, whole := bytes.Cut(body[1:], []byte{0})
	if body[0] != greeting || !whole || !isVersion(version) {
		return identity{}, false
	}
	return mysqlVersion(string(version)), true
}

func payloadSize(said []byte) int { return int(said[0]) | int(said[1])<<8 | int(said[2])<<16 }

// mysqlFailure recognises "Host … is not allowed to connect" and its kin.
func mysqlFailure(body []byte) (identity, bool) {
	text := string(body[3:])
	id := identity{protocol: "mysql", product: "mysql"}
	if strings.Contains(text, "MariaDB") {
		id.product = "mariadb"
	}
	return id, strings.Contains(text, "Host") || strings.Contains(text, "Too many connections")
}

func isVersion(text []byte) bool {
	return len(text) > 0 && len(text) < 100 && text[0] >= '0' && text[0] <= '9'
}

// mysqlVersion tells MySQL from MariaDB, which writes "5.5.5-" before its own
// version for old clients.
func mysqlVersion(text string) identity {
	version, _, _ := strings.Cut(strings.TrimPrefix(text, "5.5.5-"), "-")
	id := identity{protocol: "mysql", product: "mysql", version: version}
	id.distribution, id.release = distribution.Of(text)
	if strings.Contains(text, "MariaDB") {
		id.product = "mariadb"
	}
	return id
}

// mssqlHello is the pre-login of TDS (MS-TDS 2.2.6.5): version and encryption.
func mssqlHello() hello {
	return hello{
		packet: []byte{
			0x12, 0x01, 0x00, 0x1a, 0, 0, 0, 0, // pre-login, last packet, 26 bytes
			0x00, 0x00, 0x0b, 0x00, 0x06, // version at 11, six bytes
			0x01, 0x00, 0x11, 0x00, 0x01, // encryption at 17, one byte
			0xff,
			0, 0, 0, 0, 0, 0, 0x00,
		},
		read: readMSSQL,
	}
}

// readMSSQL reads the version a server gives at once.
func readMSSQL(answer []byte) (identity, bool) {
	if len(answer) < 19 || answer[0] != 0x04 || answer[8] != 0x00 {
		return identity{}, false
	}
	at := 8 + int(binary.BigEndian.Uint16(answer[9:]))
	if at+4 > len(answer) {
		return identity{}, false
	}
	return identity{protocol: "mssql", product: "mssql", version: dotted(answer[at], answer[at+1]) +
		"." + dotted16(answer[at+2:])}, true
}

// oracleHello is a ping of the listener, as its own tool sends (TNS connect).
func oracleHello() hello {
	data := "(CONNECT_DATA=(COMMAND=ping))"
	packet := []byte{
		0, byte(58 + len(data)), 0, 0, 1, 0, 0, 0, // length, checksum, connect
		0x01, 0x36, 0x01, 0x2c, 0, 0, 0x08, 0, 0x7f, 0xff, 0x7f, 0x08, 0, 0, 0, 1,
		0, byte(len(data)), 0, 58, 0, 0, 0, 0, 0, 0,
	}
	packet = append(packet, make([]byte, 58-len(packet))...)
	return hello{packet: append(packet, data...), read: readOracle}
}

// readOracle recognises accept (2), refuse (4), redirect (5) and resend (11).
func readOracle(answer []byte) (identity, bool) {
	if len(answer) < 8 || int(binary.BigEndian.Uint16(answer)) > maxAnswer || answer[2] != 0 || answer[3] != 0 {
		return identity{}, false
	}
	known := answer[4] == 2 || answer[4] == 4 || answer[4] == 5 || answer[4] == 11
	return identity{protocol: "oracle", product: "oracle-database"}, known && answer[5] == 0
}

// redisHello sends PING: it answers PONG, or that a login is needed.
func redisHello() hello { return hello{packet: []byte("PING\r\n"), read: readRedis} }

func readRedis(answer []byte) (identity, bool) {
	line, whole := firstLine(answer)
	id := identity{protocol: "redis", product: "redis", login: fact.LoginRequired}
	switch {
	case line == "+PONG":
		id.login = fact.LoginNone
	case strings.HasPrefix(line, "-NOAUTH"), strings.HasPrefix(line, "-DENIED"), strings.HasPrefix(line, "-NOPERM"):
	default:
		whole = false
	}
	return id, whole
}

// mongoHello asks which role a server has (isMaster over OP_QUERY, which every
// version answers before a login). Whether more can be had without one is not
// tried: it would take a command that reads names.
func mongoHello() hello {
	document := "\x13\x00\x00\x00\x10isMaster\x00\x01\x00\x00\x00\x00"
	body := "\x00\x00\x00\x00admin.$cmd\x00\x00\x00\x00\x00\xff\xff\xff\xff" + document
	packet := binary.LittleEndian.AppendUint32(nil, uint32(16+len(body)))
	packet = append(packet, 1, 0, 0, 0, 0, 0, 0, 0, 0xd4, 0x07, 0, 0) // OP_QUERY, 2004
	return hello{packet: append(packet, body...), read: readMongo}
}

func readMongo(answer []byte) (identity, bool) {
	const reply = 1
	ok := len(answer) >= 36 && binary.LittleEndian.Uint32(answer[12:]) == reply &&
		(bytes.Contains(answer, []byte("maxBsonObjectSize")) || bytes.Contains(answer, []byte("ismaster")))
	return identity{protocol: "mongodb", product: "mongodb"}, ok
}

// memcachedHello asks for the version. The protocol has no login of its own.
func memcachedHello() hello { return hello{packet: []byte("version\r\n"), read: readMemcached} }

func readMemcached(answer []byte) (identity, bool) {
	line, whole := firstLine(answer)
	found := memcachedVersion.FindStringSubmatch(line)
	if !whole || found == nil {
		return identity{}, false
	}
	return identity{protocol: "memcached", product: "memcached", version: found[1], login: fact.LoginNone}, true
}

var memcachedVersion = regexp.MustCompile(`^VERSION ([0-9][0-9.]*)`)
