// SPDX-License-Identifier: Apache-2.0

package services

import "carescan/scanner/fact"

// The kinds of portal.
const (
	portalVPN     = "vpn"
	portalSSO     = "sso"
	portalWebmail = "webmail"
	portalDesktop = "virtual-desktop"
)

// programming is an interface recognised by the words of its answer.
type programming struct {
	protocol string
	path     string // asked; empty accepts any
	words    []string
	// login is what the answer itself proves. Answers that a service gives to
	// anyone whatever its settings prove nothing.
	login fact.Login
}

func interfaces() []programming {
	return []programming{
		{"elasticsearch", "", []string{`"cluster_name"`, `"tagline"`}, fact.LoginNone},
		{"elasticsearch", "", []string{`"security_exception"`, `"status":401`}, fact.LoginRequired},
		{"couchdb", "", []string{`"couchdb"`, `"Welcome"`}, fact.LoginUnknown},
		{"clickhouse", "", []string{"X-Clickhouse-"}, fact.LoginUnknown},
		{"influxdb", "", []string{"X-Influxdb-"}, fact.LoginUnknown},
		{"docker", "/version", []string{`"ApiVersion"`, `"GitCommit"`}, fact.LoginNone},
		{"kubernetes", "/version", []string{`"gitVersion"`, `"platform"`}, fact.LoginUnknown},
		{"kubernetes", "", []string{`"kind":"Status"`, `"apiVersion":"v1"`}, fact.LoginRequired},
		{"kubernetes", "", []string{`"kind": "Status"`, `"apiVersion": "v1"`}, fact.LoginRequired},
		{"etcd", "/version", []string{`"etcdserver"`}, fact.LoginUnknown},
		{"prometheus", "/metrics", []string{"# HELP ", "# TYPE "}, fact.LoginNone},
		{"rabbitmq", "", []string{"RabbitMQ Management"}, fact.LoginRequired},
	}
}

// marker is a page recognised by a few words that its product writes.
type marker struct {
	words    []string
	protocol string // the group it belongs to follows from it
	product  string
	portal   string
}

// recognise finds whose page it is.
func recognise(p page) (marker, bool) {
	for _, m := range markers() {
		if p.holds(m.words) {
			return m, true
		}
	}
	return marker{}, false
}

// markers lists the consoles of EXP-SVC-07, the portals of EXP-SVC-09, and a few
// pages of EXP-SVC-11 and EXP-SVC-12.
func markers() []marker {
	console := func(product string, words ...string) marker { return marker{words, "console", product, ""} }
	portal := func(kind, product string, words ...string) marker { return marker{words, "http", product, kind} }
	device := func(protocol, product string, words ...string) marker {
		return marker{words, protocol, product, ""}
	}
	return []marker{
		console("esxi", "VMware ESXi"), console("esxi", "ID_EESX_Welcome"), console("vcenter-server", "ID_VC_Welcome"),
		console("vcenter-server", "VMware Appliance Management"), console("proxmox-ve", "Proxmox Virtual Environment"),
		console("xenserver", "Citrix Hypervisor"), console("nutanix-prism", "Nutanix"), console("integrated-lights-out", "Integrated Lights-Out"),
		console("integrated-lights-out", "HPE-iLO-Server"), console("integrated-lights-out", "HP-iLO-Server"), console("idrac", "iDRAC"),
		console("supermicro-bmc", "ATEN International"), console("xclarity-controller", "XClarity Controller"),
		console("veeam-backup", "Veeam Backup"), console("synology-dsm", "SYNO."), console("qnap-qts", "/cgi-bin/QTS.cgi"),
		console("truenas", "TrueNAS"), console("commvault", "Commvault"), console("unisphere", "Unisphere"),
		console("netbackup", "NetBackup"), console("idrac", "OpenManage"),

		portal(portalWebmail, "exchange-server", "/owa/"), portal(portalWebmail, "exchange-server", "X-OWA-Version"),
		portal(portalWebmail, "zimbra", "Zimbra"), portal(portalWebmail, "roundcube", "rcmlogin"), portal(portalWebmail, "sogo", "/SOGo"),
		portal(portalVPN, "fortios", "/remote/login"), portal(portalVPN, "connect-secure", "/dana-na/"),
		portal(portalVPN, "netscaler", "/vpn/index.html"), portal(portalVPN, "netscaler", "/logon/LogonPoint"),
		portal(portalVPN, "globalprotect", "/global-protect/"), portal(portalVPN, "adaptive-security-appliance", "/+CSCOE+/"),
		portal(portalVPN, "big-ip", "/my.policy"), portal(portalVPN, "stormshield", "/auth/plain.html"),
		portal(portalVPN, "sonicwall", "/sslvpnLogin"), portal(portalVPN, "sophos", "/userportal/"),
		portal(portalVPN, "check-point-mobile-access", "/sslvpn/Login"), portal(portalVPN, "openvpn-access-server", "openvpn_sess"),
		portal(portalVPN, "wallix-bastion", "WALLIX"),
		portal(portalSSO, "adfs", "/adfs/ls"), portal(portalSSO, "keycloak", "/realms/"), portal(portalSSO, "keycloak", "/auth/realms"),
		portal(portalSSO, "cas", "/cas/login"), portal(portalSSO, "lemonldap-ng", "LemonLDAP"),
		portal(portalDesktop, "remote-desktop-web", "/RDWeb"), portal(portalDesktop, "horizon", "/portal/webclient"),
		portal(portalDesktop, "storefront", "/Citrix/"), portal(portalDesktop, "guacamole", "guacamole"), portal(portalDesktop, "systancia", "Systancia"),

		device("pacs", "orthanc", "Orthanc"), device("pacs", "dcm4chee", "dcm4chee"),
		device("ipp", "cups", "CUPS/"), device("ipp", "hp-printer", "HP HTTP Server"), device("ipp", "hp-printer", "JetDirect"),
		device("camera", "hikvision", "/doc/page/login.asp"), device("camera", "axis", "/view/viewer_index.shtml"),
		device("camera", "dahua", "Dahua"),
	}
}
