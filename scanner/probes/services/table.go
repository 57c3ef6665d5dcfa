// SPDX-License-Identifier: Apache-2.0

package services

import (
	"carescan/scanner"
	"carescan/scanner/fact"
)

// entry is one TCP port of the table: the group of its number, the first words
// said to it, and whether nothing else may be said.
type entry struct {
	number int
	group  fact.PortGroup
	first  func() hello // nil: only the general hellos
	path   string       // asked over HTTP; "/" when empty
	// alone forbids the general hellos: what listens there speaks first, or may act
	// on or choke on what it does not understand.
	alone bool
	// mute forbids even a second connection: what listens there would print what
	// it gets, begins with a login, or files each connection as an event.
	mute bool
}

// silent is the hello of servers that speak first inside TLS.
func silent() hello { return hello{} }

// table lists the TCP ports looked at (regulation.md section 7.4 and usual ports
// of the services of exposure-checks.md section 6).
var table = []entry{
	{number: 80, group: fact.GroupWeb},
	{number: 443, group: fact.GroupWeb},
	{number: 8080, group: fact.GroupWeb},
	{number: 8443, group: fact.GroupWeb},
	{number: 8000, group: fact.GroupWeb},
	{number: 8008, group: fact.GroupWeb},
	{number: 8081, group: fact.GroupWeb},
	{number: 8088, group: fact.GroupWeb},
	{number: 8888, group: fact.GroupWeb},
	{number: 4443, group: fact.GroupWeb},
	{number: 4433, group: fact.GroupWeb},
	{number: 10443, group: fact.GroupWeb},
	{number: 81, group: fact.GroupWeb},
	{number: 3000, group: fact.GroupWeb},
	{number: 8181, group: fact.GroupWeb},

	{number: 25, group: fact.GroupMail, alone: true},
	{number: 110, group: fact.GroupMail, alone: true},
	{number: 143, group: fact.GroupMail, alone: true},
	{number: 465, group: fact.GroupMail},
	{number: 587, group: fact.GroupMail, alone: true},
	{number: 993, group: fact.GroupMail},
	{number: 995, group: fact.GroupMail},

	{number: 3389, group: fact.GroupRemoteControl, first: rdpHello},
	{number: 3388, group: fact.GroupRemoteControl, first: rdpHello},
	{number: 5900, group: fact.GroupRemoteControl, alone: true},
	{number: 5901, group: fact.GroupRemoteControl, alone: true},
	{number: 5902, group: fact.GroupRemoteControl, alone: true},
	{number: 5903, group: fact.GroupRemoteControl, alone: true},
	{number: 5800, group: fact.GroupRemoteControl},
	{number: 6000, group: fact.GroupRemoteControl, first: x11Hello, alone: true},
	{number: 6001, group: fact.GroupRemoteControl, first: x11Hello, alone: true},
	{number: 5938, group: fact.GroupRemoteControl, mute: true}, // TeamViewer
	{number: 6568, group: fact.GroupRemoteControl, mute: true}, // AnyDesk
	{number: 7070, group: fact.GroupRemoteControl},             // AnyDesk
	{number: 4899, group: fact.GroupRemoteControl, mute: true}, // Radmin

	{number: 445, group: fact.GroupFileSharing, first: smbHello, alone: true},
	{number: 139, group: fact.GroupFileSharing, first: netbiosHello, alone: true},
	{number: 135, group: fact.GroupFileSharing, first: epmHello, alone: true},
	{number: 111, group: fact.GroupFileSharing, first: portmapHello, alone: true},
	{number: 2049, group: fact.GroupFileSharing, first: nfsHello, alone: true},
	{number: 873, group: fact.GroupFileSharing, alone: true},
	{number: 3260, group: fact.GroupFileSharing, mute: true}, // iSCSI begins with a login
	{number: 548, group: fact.GroupFileSharing, first: afpHello, alone: true},

	{number: 21, group: fact.GroupClearLogin, alone: true},
	{number: 23, group: fact.GroupClearLogin, alone: true},
	{number: 2323, group: fact.GroupClearLogin, alone: true},
	{number: 513, group: fact.GroupClearLogin, mute: true}, // rlogin begins with a user
	{number: 514, group: fact.GroupClearLogin, mute: true}, // rsh too

	{number: 22, group: fact.GroupSSH, alone: true},
	{number: 2222, group: fact.GroupSSH, alone: true},

	{number: 1433, group: fact.GroupDatabase, first: mssqlHello},
	{number: 1521, group: fact.GroupDatabase, first: oracleHello},
	{number: 3306, group: fact.GroupDatabase, alone: true},
	{number: 3307, group: fact.GroupDatabase, alone: true},
	{number: 5432, group: fact.GroupDatabase, first: postgresHello},
	{number: 5433, group: fact.GroupDatabase, first: postgresHello},
	{number: 6379, group: fact.GroupDatabase, first: redisHello},
	{number: 6380, group: fact.GroupDatabase, first: redisHello},
	{number: 9200, group: fact.GroupDatabase},
	{number: 9300, group: fact.GroupDatabase},
	{number: 27017, group: fact.GroupDatabase, first: mongoHello},
	{number: 27018, group: fact.GroupDatabase, first: mongoHello},
	{number: 5984, group: fact.GroupDatabase},
	{number: 11211, group: fact.GroupDatabase, first: memcachedHello},
	{number: 8123, group: fact.GroupDatabase},
	{number: 50000, group: fact.GroupDatabase, mute: true},   // Db2
	{number: 1972, group: fact.GroupDatabase, mute: true},    // Caché, IRIS
	{number: 8086, group: fact.GroupDatabase, path: "/ping"}, // InfluxDB

	{number: 389, group: fact.GroupDirectory, first: ldapHello},
	{number: 636, group: fact.GroupDirectory},
	{number: 3268, group: fact.GroupDirectory, first: ldapHello},
	{number: 3269, group: fact.GroupDirectory},
	{number: 88, group: fact.GroupDirectory, first: kerberosHello, alone: true},
	{number: 464, group: fact.GroupDirectory, mute: true},
	{number: 5985, group: fact.GroupDirectory, path: "/wsman"},
	{number: 5986, group: fact.GroupDirectory, path: "/wsman"},

	{number: 902, group: fact.GroupManagement},
	{number: 8006, group: fact.GroupManagement},
	{number: 9443, group: fact.GroupManagement},
	{number: 5480, group: fact.GroupManagement},
	{number: 9440, group: fact.GroupManagement},
	{number: 9392, group: fact.GroupManagement, mute: true},
	{number: 10006, group: fact.GroupManagement, mute: true},
	{number: 9419, group: fact.GroupManagement},
	{number: 5000, group: fact.GroupManagement},
	{number: 5001, group: fact.GroupManagement},
	{number: 17988, group: fact.GroupManagement, mute: true},
	{number: 8291, group: fact.GroupManagement, mute: true},
	{number: 10000, group: fact.GroupManagement},
	{number: 9090, group: fact.GroupManagement, path: "/metrics"},

	{number: 104, group: fact.GroupHealth, first: dicomHello, alone: true},
	{number: 11112, group: fact.GroupHealth, first: dicomHello, alone: true},
	{number: 4242, group: fact.GroupHealth, first: dicomHello, alone: true},
	{number: 2762, group: fact.GroupHealth, mute: true},
	{number: 2575, group: fact.GroupHealth, mute: true},
	{number: 2576, group: fact.GroupHealth, mute: true},
	{number: 8042, group: fact.GroupHealth},

	{number: 502, group: fact.GroupIndustrial, first: modbusHello, alone: true},
	{number: 102, group: fact.GroupIndustrial, first: cotpHello, alone: true},
	{number: 1911, group: fact.GroupIndustrial, first: foxHello, alone: true},
	{number: 20000, group: fact.GroupIndustrial, mute: true},
	{number: 44818, group: fact.GroupIndustrial, mute: true},
	{number: 9100, group: fact.GroupIndustrial, mute: true}, // a printer prints what it gets
	{number: 515, group: fact.GroupIndustrial, mute: true},
	{number: 631, group: fact.GroupIndustrial},
	{number: 554, group: fact.GroupIndustrial, first: rtspHello, alone: true},
	{number: 8554, group: fact.GroupIndustrial, first: rtspHello, alone: true},

	{number: 5672, group: fact.GroupBroker, first: amqpHello},
	{number: 5671, group: fact.GroupBroker},
	{number: 1883, group: fact.GroupBroker, first: mqttHello},
	{number: 8883, group: fact.GroupBroker},
	{number: 2375, group: fact.GroupBroker, path: "/version"},
	{number: 2376, group: fact.GroupBroker, path: "/version"},
	{number: 6443, group: fact.GroupBroker, path: "/version"},
	{number: 10250, group: fact.GroupBroker, path: "/healthz"},
	{number: 10255, group: fact.GroupBroker, path: "/healthz"},
	{number: 2379, group: fact.GroupBroker, path: "/version"},
	{number: 15672, group: fact.GroupBroker},
	{number: 9092, group: fact.GroupBroker, first: kafkaHello},
	{number: 2181, group: fact.GroupBroker, first: zookeeperHello},
	{number: 4222, group: fact.GroupBroker, alone: true},
}

func tablePorts() []int {
	var ports []int
	for _, e := range table {
		ports = append(ports, e.number)
	}
	return ports
}

// entryOf is the line of a port; a port of the operator's own is asked like any
// other, unless a device has it.
func entryOf(number int) entry {
	for _, e := range table {
		if e.number == number {
			return e
		}
	}
	return entry{number: number, group: fact.GroupOther, mute: scanner.IsMutePort(number)}
}

// underTLS is the hello said inside TLS where HTTP is not expected.
func underTLS(number int) func() hello {
	switch number {
	case 636, 3269:
		return ldapHello
	case 8883:
		return mqttHello
	case 5671:
		return amqpHello
	case 6380:
		return redisHello
	case 465, 993, 995:
		return silent // the server speaks first
	}
	return nil
}

// groupOf is the group of a protocol identified by its handshake; empty for
// those that tell nothing by themselves.
func groupOf(protocol string) fact.PortGroup {
	switch protocol {
	case "rdp", "vnc", "x11":
		return fact.GroupRemoteControl
	case "smb", "netbios", "msrpc", "portmap", "nfs", "rsync", "afp":
		return fact.GroupFileSharing
	case "ftp", "telnet":
		return fact.GroupClearLogin
	case "ssh":
		return fact.GroupSSH
	case "mssql", "oracle", "mysql", "postgresql", "redis", "mongodb", "memcached", "elasticsearch", "couchdb", "clickhouse", "influxdb":
		return fact.GroupDatabase
	case "ldap", "kerberos", "winrm":
		return fact.GroupDirectory
	case "ipmi", "console":
		return fact.GroupManagement
	case "dicom", "mllp", "pacs":
		return fact.GroupHealth
	case "modbus", "s7", "fox", "bacnet", "rtsp", "ipp", "camera":
		return fact.GroupIndustrial
	case "amqp", "mqtt", "docker", "kubernetes", "kubelet", "etcd", "prometheus", "rabbitmq", "kafka", "zookeeper", "nats":
		return fact.GroupBroker
	case "smtp", "pop3", "imap":
		return fact.GroupMail
	case "http":
		return fact.GroupWeb
	}
	return ""
}
