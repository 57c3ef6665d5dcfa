// SPDX-License-Identifier: Apache-2.0

package services

import (
	"slices"
	"strings"

	"carescan/scanner/fact"
)

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

var interfaces = []programming{
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
	{"rabbitmq", "", []string{"<title>RabbitMQ Management</title>"}, fact.LoginRequired},
}

// marker is a page recognised by a word in the place where its product writes
// it. Anyone may write the name of a product in a page, or link to a portal.
type marker struct {
	in       part
	word     string
	protocol string // the group it belongs to follows from it
	product  string
	portal   string
}

// part is where in an HTTP answer a word stands.
type part int

const (
	inTitle  part = iota // of the page, from its beginning
	inHeader             // Server, WWW-Authenticate, Set-Cookie, and the names of headers
	inTarget             // where the answer sends us on the same host, from the beginning of the path
	inText               // identifiers that nobody writes in prose
)

// recognise finds whose page it is.
func recognise(p page) (marker, bool) {
	parts := p.parts()
	for _, m := range markers {
		if m.fits(parts[m.in]) {
			return m, true
		}
	}
	return marker{}, false
}

// fits tells whether the word is where it is expected. Titles and targets begin
// with it.
func (m marker) fits(texts []string) bool {
	return slices.ContainsFunc(texts, func(text string) bool {
		if m.in == inTitle || m.in == inTarget {
			return strings.HasPrefix(strings.ToLower(text), strings.ToLower(m.word))
		}
		return strings.Contains(text, m.word)
	})
}

// markers lists the consoles of EXP-SVC-07, the portals of EXP-SVC-09, and a few
// pages of EXP-SVC-11 and EXP-SVC-12.
var markers = slices.Concat(consoles(), portals(), devices())

func consoles() []marker {
	console := func(product string, in part, word string) marker { return marker{in, word, "console", product, ""} }
	return []marker{
		console("esxi", inTitle, "VMware ESXi"), console("esxi", inText, "ID_EESX_Welcome"), console("esxi", inTarget, "/ui/#/login"),
		console("vcenter", inText, "ID_VC_Welcome"), console("vcenter", inTitle, "VMware Appliance Management"),
		console("proxmox", inTitle, "Proxmox Virtual Environment"), console("proxmox", inText, "Proxmox.Setup.auth_cookie_name"),
		console("proxmox-backup-server", inTitle, "Proxmox Backup Server"),
		console("xenserver", inTitle, "Welcome to Citrix Hypervisor"), console("xenserver", inTitle, "Welcome to Citrix XenServer"),
		console("nutanix-prism", inTitle, "Nutanix"), console("integrated-lights-out", inTitle, "iLO "),
		console("integrated-lights-out", inHeader, "HPE-iLO-Server"), console("integrated-lights-out", inHeader, "HP-iLO-Server"),
		console("idrac", inTitle, "iDRAC"), console("idrac", inTitle, "Integrated Dell Remote Access"), console("idrac", inTarget, "/restgui/start.html"),
		console("supermicro-bmc", inText, "Copyright(c) 2010-2015 by Super Micro"), console("supermicro-bmc", inText, "url_redirect.cgi?url_name="),
		console("xclarity-controller", inTitle, "XClarity Controller"), console("veeam-backup", inTitle, "Veeam Backup"),
		console("synology-dsm", inText, "SYNO.SDS."), console("qnap-qts", inText, "/cgi-bin/QTS.cgi"), console("qnap-qts", inTarget, "/cgi-bin/QTS.cgi"),
		console("truenas", inTitle, "TrueNAS"), console("commvault", inTitle, "Commvault"), console("unisphere", inTitle, "Unisphere"),
		console("netbackup", inTitle, "NetBackup"), console("netbackup", inTitle, "Veritas NetBackup"), console("idrac", inTitle, "OpenManage"),
	}
}

func portals() []marker {
	portal := func(kind, product string, in part, word string) marker {
		return marker{in, word, "http", product, kind}
	}
	return []marker{
		portal(portalWebmail, "exchange", inTarget, "/owa"), portal(portalWebmail, "exchange", inHeader, "X-Owa-Version"),
		portal(portalWebmail, "zimbra", inTitle, "Zimbra"), portal(portalWebmail, "zimbra", inHeader, "ZM_TEST="),
		portal(portalWebmail, "roundcube", inText, "rcmloginuser"), portal(portalWebmail, "roundcube", inHeader, "roundcube_sessid="),
		portal(portalWebmail, "sogo", inTarget, "/SOGo"),
		portal(portalVPN, "fortios", inTarget, "/remote/login"), portal(portalVPN, "fortios", inHeader, "SVPNCOOKIE="),
		portal(portalVPN, "ivanti-connect-secure", inTarget, "/dana-na/"), portal(portalVPN, "ivanti-connect-secure", inHeader, "DSSIGNIN="),
		portal(portalVPN, "citrix-netscaler", inTarget, "/vpn/index.html"), portal(portalVPN, "citrix-netscaler", inTarget, "/logon/LogonPoint"),
		portal(portalVPN, "globalprotect", inTarget, "/global-protect/"), portal(portalVPN, "cisco-asa", inTarget, "/+CSCOE+/"),
		portal(portalVPN, "cisco-asa", inHeader, "webvpncontext="), portal(portalVPN, "big-ip", inTarget, "/my.policy"),
		portal(portalVPN, "stormshield", inTarget, "/auth/plain.html"), portal(portalVPN, "sonicwall-sma", inTarget, "/sslvpnLogin"),
		portal(portalVPN, "sophos-firewall", inTarget, "/userportal/"), portal(portalVPN, "check-point", inTarget, "/sslvpn/Login"),
		portal(portalVPN, "openvpn-access-server", inHeader, "openvpn_sess"), portal(portalVPN, "wallix-bastion", inTitle, "WALLIX"),
		portal(portalSSO, "adfs", inTarget, "/adfs/ls"), portal(portalSSO, "keycloak", inTarget, "/realms/"), portal(portalSSO, "keycloak", inTarget, "/auth/realms"),
		portal(portalSSO, "keycloak", inTitle, "Welcome to Keycloak"), portal(portalSSO, "cas", inTarget, "/cas/login"),
		portal(portalSSO, "lemonldap-ng", inHeader, "lemonldap"), portal(portalSSO, "lemonldap-ng", inText, "/static/common/js/portal.min.js"),
		portal(portalDesktop, "remote-desktop-web", inTarget, "/RDWeb"), portal(portalDesktop, "vmware-horizon", inTarget, "/portal/webclient"),
		portal(portalDesktop, "vmware-horizon", inTitle, "VMware Horizon"), portal(portalDesktop, "storefront", inTarget, "/Citrix/"),
		portal(portalDesktop, "guacamole", inTarget, "/guacamole"), portal(portalDesktop, "guacamole", inTitle, "Apache Guacamole"),
		portal(portalDesktop, "systancia", inTitle, "Systancia"),
	}
}

func devices() []marker {
	device := func(protocol, product string, in part, word string) marker {
		return marker{in, word, protocol, product, ""}
	}
	return []marker{
		device("pacs", "orthanc", inTitle, "Orthanc"), device("pacs", "orthanc", inHeader, `realm="Orthanc`), device("pacs", "orthanc", inTarget, "/app/explorer.html"),
		device("pacs", "orthanc", inTarget, "/ui/app/"), device("pacs", "dcm4chee", inTitle, "dcm4chee"), device("pacs", "dcm4chee", inTarget, "/dcm4chee-arc"),
		device("ipp", "cups", inHeader, "CUPS/"), device("ipp", "hp-printer", inHeader, "HP HTTP Server"), device("ipp", "hp-printer", inHeader, "JetDirect"),
		device("camera", "hikvision", inTarget, "/doc/page/login.asp"), device("camera", "axis", inTarget, "/view/viewer_index.shtml"),
		device("camera", "dahua", inHeader, `realm="Dahua`), device("camera", "dahua", inTitle, "Dahua"),
	}
}
