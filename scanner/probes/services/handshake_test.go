// SPDX-License-Identifier: Apache-2.0

package services

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner/fact"
)

// handshake is a service played by the test: what it answers, what must be sent
// to it and nothing more, and what must be told of it.
type handshake struct {
	number   int
	greeting string
	answers  []string // one to each step of what was sent
	sent     []string // in full, by connection, as text or after "hex:"
	protocol string
	login    fact.Login
	state    fact.PortGroup
}

// aborted is A-ABORT (PS3.8 section 9.3.8).
const aborted = "07000000000400000000"

func handshakes() map[string]handshake {
	return map[string]handshake{
		"rdp": {
			number: 3389, answers: []string{unhex("030000130ed000001234000208000000000000")}, sent: []string{"hex:030000130ee000000000000100080003000000"},
			protocol: "rdp", login: fact.LoginRequired, state: fact.GroupRemoteControl,
		},
		"vnc": {
			number: 5900, greeting: "RFB 003.003\n", protocol: "vnc", state: fact.GroupRemoteControl,
		},
		"x11-refused": {
			number: 6000, answers: []string{unhex("001d0b00000008004e6f2070726f746f636f6c00")}, sent: []string{"hex:6c000b000000000000000000"},
			protocol: "x11", login: fact.LoginRequired, state: fact.GroupRemoteControl,
		},
		"modbus-exception": {
			number: 502, answers: []string{unhex("435300000003ffab01")}, sent: []string{"hex:435300000005ff2b0e0100"},
			protocol: "modbus", state: fact.GroupIndustrial,
		},
		"s7": {
			number: 102, answers: []string{unhex("0300001611d00001000100c0010ac1020100c2020102")}, sent: []string{"hex:0300001611e00000000100c0010ac1020100c2020102"},
			protocol: "s7", state: fact.GroupIndustrial,
		},
		"fox": {
			number: 1911, answers: []string{"fox a 0 -1 fox hello\n{\n"}, sent: []string{"fox a 1 -1 fox hello\n{\nfox.version=s:1.0\nid=i:1\n};;\n"},
			protocol: "fox", state: fact.GroupIndustrial,
		},
		"rtsp": {
			number: 554, answers: []string{"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"}, sent: []string{"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"},
			protocol: "rtsp", state: fact.GroupIndustrial,
		},
		"dicom-accepted": {
			number: 104, answers: []string{unhex("0200000000080001000000000000")}, sent: []string{dicomBytes()},
			protocol: "dicom", login: fact.LoginNone, state: fact.GroupHealth,
		},
		"dicom-rejected": {
			number: 11112, answers: []string{unhex("03000000000400010107")}, sent: []string{dicomBytes()},
			protocol: "dicom", login: fact.LoginRequired, state: fact.GroupHealth,
		},
		"dicom-silent":     {number: 104, sent: []string{dicomBytes()}, state: fact.GroupHealth},
		"silent-mail":      {number: 25, state: fact.GroupMail}, // speaking before the greeting would have us kept out
		"strange-greeting": {number: 8080, greeting: "Welcome. Who are you? ", state: fact.GroupWeb},
		"terminal":         {number: 8081, greeting: "\r\nModel 7 infusion gateway\r\nlogin: ", protocol: "telnet", state: fact.GroupClearLogin},
		"vmware-authentication": {
			number: 902, greeting: "220 VMware Authentication Daemon Version 1.10: SSL Required, ServerDaemonProtocol:SOAP\r\n",
			protocol: "console", state: fact.GroupManagement,
		},
		"greeting-without-a-name": {number: 8888, greeting: "220 welcome\r\n", state: fact.GroupWeb},
		"ftp-without-a-name": {
			number: 21, greeting: "220 welcome\r\n", answers: []string{"211-Features:\r\n AUTH TLS\r\n211 End\r\n"}, sent: []string{"FEAT\r\n"},
			protocol: "ftp", state: fact.GroupClearLogin,
		},
		"mail-on-the-port-of-ftp": {
			number: 21, greeting: "220 ready\r\n", answers: []string{"502 no\r\n", "502 no\r\n502 no\r\n"}, sent: []string{"FEAT\r\nAUTH TLS\r\n"},
			state: fact.GroupClearLogin,
		},
		"telnet": {
			number: 23, greeting: "\xff\xfd\x18\xff\xfd\x20", protocol: "telnet", state: fact.GroupClearLogin,
		},
		"mqtt-open": {
			number: 1883, answers: []string{"\x20\x02\x00\x00"}, sent: []string{"hex:100c00044d5154540402001e0000e000"},
			protocol: "mqtt", login: fact.LoginNone, state: fact.GroupBroker,
		},
		"mqtt-login": {
			number: 1883, answers: []string{"\x20\x02\x00\x05"}, sent: []string{"hex:100c00044d5154540402001e0000e000"},
			protocol: "mqtt", login: fact.LoginRequired, state: fact.GroupBroker,
		},
		"amqp": {
			number: 5672, answers: []string{amqpStart("PLAIN AMQPLAIN")}, sent: []string{"AMQP\x00\x00\x09\x01"},
			protocol: "amqp", login: fact.LoginRequired, state: fact.GroupBroker,
		},
		"nats": {
			number: 4222, greeting: "INFO {\"server_id\":\"x\",\"version\":\"2.10.0\"}\r\n", protocol: "nats", login: fact.LoginNone, state: fact.GroupBroker,
		},
		"mongodb": {
			number: 27017, answers: []string{mongoReply()}, sent: []string{string(mongoHello().packet)}, protocol: "mongodb", state: fact.GroupDatabase,
		},
		"memcached": {
			number: 11211, answers: []string{"VERSION 1.6.18\r\n"}, sent: []string{"version\r\n"}, protocol: "memcached", login: fact.LoginNone, state: fact.GroupDatabase,
		},
		"mssql": {
			number: 1433, answers: []string{unhex("0401002500000100" + "00000b000601001100" + "01ff" + "0f0007d00000" + "02" + "0000")}, sent: []string{string(mssqlHello().packet)},
			protocol: "mssql", state: fact.GroupDatabase,
		},
		"oracle": {
			number: 1521, answers: []string{unhex("00410000040000002200003528444553")}, sent: []string{string(oracleHello().packet)},
			protocol: "oracle", state: fact.GroupDatabase,
		},
		"kerberos": {
			number: 88, answers: []string{unhex("000000107e0e300ca003020105a10302011ea203")}, sent: []string{string(kerberosHello().packet)},
			protocol: "kerberos", state: fact.GroupDirectory,
		},
		"portmap": {
			number: 111, answers: []string{unhex("800000184361726500000001000000000000000000000000" + "00000000")}, sent: []string{"hex:80000028436172650000000000000002000186a0000000020000000000000000000000000000000000000000"},
			protocol: "portmap", state: fact.GroupFileSharing,
		},
		"nfs": {
			number: 2049, answers: []string{unhex("80000018436172650000000100000000")}, sent: []string{"hex:80000028436172650000000000000002000186a3000000030000000000000000000000000000000000000000"},
			protocol: "nfs", state: fact.GroupFileSharing,
		},
		"netbios": {
			number: 139, answers: []string{unhex("8300000182")}, sent: []string{string(netbiosHello().packet)}, protocol: "netbios", state: fact.GroupFileSharing,
		},
		"msrpc": {
			number: 135, answers: []string{unhex("05000c03100000003c000000")}, sent: []string{string(epmHello().packet)}, protocol: "msrpc", state: fact.GroupFileSharing,
		},
		"afp": {
			number: 548, answers: []string{unhex("01030001000000000000000000000000")}, sent: []string{"hex:00030001000000000000000000000000"}, protocol: "afp", state: fact.GroupFileSharing,
		},
		"mysql-host-refused": {
			number: 3306, greeting: "\x45\x00\x00\x00\xff\x6a\x04Host '192.0.2.1' is not allowed to connect to this MariaDB server!!!", protocol: "mysql", state: fact.GroupDatabase,
		},
		"zookeeper": {number: 2181, answers: []string{"imok"}, sent: []string{"ruok"}, protocol: "zookeeper", login: fact.LoginNone, state: fact.GroupBroker},
		"kafka": {
			number: 9092, answers: []string{"\x00\x00\x00\x0aCare\x00\x00\x00\x00\x00\x00"}, sent: []string{string(kafkaHello().packet)}, protocol: "kafka", state: fact.GroupBroker,
		},
	}
}

// TestHandshakes plays each service and holds every byte that is sent to it:
// medical, printing and industrial devices get what is written here and not one
// byte more.
func TestHandshakes(t *testing.T) {
	t.Parallel()
	for name, tt := range handshakes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			step := 0
			s := serve(t, tt.greeting, func([]byte) []byte {
				if step++; step > len(tt.answers) {
					return nil
				}
				return []byte(tt.answers[step-1])
			})
			got := lookAt(t, tt.number, s.address)
			if got.State != fact.PortOpen || got.Protocol != tt.protocol || got.Login != tt.login || got.Group != tt.state {
				t.Errorf("got %+v", got)
			}
			if diff := cmp.Diff(readable(tt.sent...), heard(s.all(t, connectionsTo(tt.number)))); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

// connectionsTo is how many a port gets when it says what it is.
func connectionsTo(number int) int {
	if entryOf(number).mute {
		return 1
	}
	return 2
}

// heard writes bytes so that a difference can be read.
func heard(all [][]byte) []string {
	var texts []string
	for _, b := range all {
		texts = append(texts, hex.EncodeToString(b))
	}
	return texts
}

func readable(sent ...string) []string {
	var texts []string
	for _, s := range sent {
		if digits, ok := strings.CutPrefix(s, "hex:"); ok {
			texts = append(texts, digits)
		} else {
			texts = append(texts, hex.EncodeToString([]byte(s)))
		}
	}
	return texts
}

func unhex(digits string) string {
	b, err := hex.DecodeString(digits)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// dicomBytes is the request for verification only, then the abort, and no other
// unit: no command can have been sent.
func dicomBytes() string {
	return "hex:" +
		"0100000000b8" + "00010000" +
		hex.EncodeToString([]byte("ANY-SCP         CARESCAN        ")) + strings.Repeat("00", 32) +
		"10000015" + hex.EncodeToString([]byte("1.2.840.10008.3.1.1.1")) +
		"2000002e" + "01000000" + "30000011" + hex.EncodeToString([]byte("1.2.840.10008.1.1")) +
		"40000011" + hex.EncodeToString([]byte("1.2.840.10008.1.2")) +
		"50000025" + "5100000400004000" + "52000019" + hex.EncodeToString([]byte("2.25.88291574620114870265")) +
		aborted
}

func amqpStart(mechanisms string) string {
	properties := "\x07productS\x00\x00\x00\x08RabbitMQ\x07versionS\x00\x00\x00\x063.13.7"
	body := "\x00\x0a\x00\x0a\x00\x09\x00\x00\x00" + string(rune(len(properties))) + properties + "\x00\x00\x00" + string(rune(len(mechanisms))) + mechanisms
	return "\x01\x00\x00\x00\x00\x00" + string(rune(len(body))) + body + "\xce"
}

func mongoReply() string {
	return unhex("500000000100000000000000"+"01000000"+"0800000000000000000000000000000001000000") + "\x2c\x00\x00\x00\x08ismaster\x00\x01\x10maxBsonObjectSize\x00\x00\x00\x00\x01\x00"
}
