// SPDX-License-Identifier: Apache-2.0

package services

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"strings"

	"carescan/scanner/fact"
)

// amqpHello is the protocol header of AMQP 0-9-1 (section 4.2.2). Nothing is
// answered to the start of the connection.
func amqpHello() hello { return hello{packet: []byte("AMQP\x00\x00\x09\x01"), read: readAMQP} }

// readAMQP reads connection.start, which lists the ways to log in, or the header
// of a server of another version.
func readAMQP(answer []byte) (identity, bool) {
	id := identity{protocol: "amqp", login: fact.LoginRequired}
	if bytes.HasPrefix(answer, []byte("AMQP")) && len(answer) >= 8 {
		id.login = fact.LoginUnknown
		return id, true
	}
	if len(answer) < 12 || answer[0] != 1 || !bytes.Equal(answer[7:11], []byte{0, 10, 0, 10}) {
		return identity{}, false
	}
	if end := 7 + int(binary.BigEndian.Uint32(answer[3:])); end > len(answer) && end <= maxAnswer {
		return identity{}, false // more is coming
	}
	if bytes.Contains(answer, []byte("ANONYMOUS")) {
		id.login = fact.LoginNone
	}
	if found := amqpVersion.FindSubmatch(answer); found != nil {
		id.product, id.version = "rabbitmq", string(found[1])
	}
	return id, true
}

// amqpVersion is the version among the properties of a RabbitMQ server.
var amqpVersion = regexp.MustCompile(`(?s)RabbitMQ.*?\x07versionS\x00\x00\x00.([0-9]+(?:\.[0-9]+)+)`)

// mqttHello connects without a name nor a password, in a session that is not
// kept, then disconnects (MQTT 3.1.1 sections 3.1 and 3.14). Nothing is
// subscribed to nor published.
func mqttHello() hello {
	return hello{
		packet:   []byte{0x10, 12, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 30, 0, 0},
		read:     readMQTT,
		farewell: []byte{0xe0, 0},
	}
}

// readMQTT reads the return code of CONNACK: 0 accepted, 4 and 5 refuse who we
// are not.
func readMQTT(answer []byte) (identity, bool) {
	if len(answer) < 4 || answer[0] != 0x20 || answer[1] != 2 || answer[3] > 5 {
		return identity{}, false
	}
	id := identity{protocol: "mqtt"}
	switch answer[3] {
	case 0:
		id.login = fact.LoginNone
	case 4, 5:
		id.login = fact.LoginRequired
	}
	return id, true
}

// kafkaHello asks which versions a broker speaks (ApiVersions, version 0): it
// comes before any login.
func kafkaHello() hello {
	return hello{packet: []byte("\x00\x00\x00\x12\x00\x12\x00\x00Care\x00\x08carescan"), read: readKafka}
}

func readKafka(answer []byte) (identity, bool) {
	ok := len(answer) >= 14 && binary.BigEndian.Uint32(answer) < 1<<16 && bytes.Equal(answer[4:10], []byte("Care\x00\x00"))
	return identity{protocol: "kafka"}, ok
}

// zookeeperHello asks whether a server is well; it has no login for that.
func zookeeperHello() hello { return hello{packet: []byte("ruok"), read: readZooKeeper} }

func readZooKeeper(answer []byte) (identity, bool) {
	id := identity{protocol: "zookeeper"}
	if string(answer) == "imok" {
		id.login = fact.LoginNone
		return id, true
	}
	return id, strings.HasPrefix(string(answer), "ruok is not executed because")
}
