// SPDX-License-Identifier: Apache-2.0

package lists

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// names are what the lists call a product.
type names struct {
	endOfLife string   // empty when it is our own name
	vendors   []string // of KEV, lower case; nil for a name that no other maker bears
	products  []string // words one of which the product of KEV holds, lower case
}

// branch ties builds to a branch whose name they do not begin with.
type branch struct {
	builds span
	name   string
}

// exchangeBuilds are those of the yearly versions of Exchange. Source: Microsoft,
// Exchange Server build numbers and release dates.
var exchangeBuilds = []branch{
	{span{"14", "14.9999"}, "2010"},
	{span{"15.0", "15.0.9999"}, "2013"},
	{span{"15.1", "15.1.9999"}, "2016"},
	{span{"15.2", "15.2.2561"}, "2019"},
	{span{"15.2.2562", "15.2.9999"}, "subscription"},
}

// branchOf is the name of the branch of a build, or the version as it is.
func (n names) branchOf(version string) string {
	if n.endOfLife != "msexchange" {
		return version
	}
	for _, b := range exchangeBuilds {
		if b.builds.holds(version) {
			return b.name
		}
	}
	return version
}

// in says whether an entry of KEV names the product.
func (n names) in(e exploit) bool {
	held := func(product string) bool { return holds(e.product, product) }
	return (n.vendors == nil || slices.Contains(n.vendors, e.vendor)) && slices.ContainsFunc(n.products, held)
}

// holds looks for whole words: "PHPMailer" is not PHP.
func holds(text, words string) bool {
	for {
		before, after, found := strings.Cut(text, words)
		if !found {
			return false
		}
		if !endsInWord(before) && !beginsWithWord(after) {
			return true
		}
		text = after
	}
}

func endsInWord(text string) bool {
	last, _ := utf8.DecodeLastRuneInString(text)
	return isWord(last)
}

func beginsWithWord(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return isWord(first)
}

func isWord(r rune) bool { return r != utf8.RuneError && sortOf(r) != end }

// namesOf finds a product by our name. One that has no row has the same name
// for endoflife.date, and is unknown to KEV.
func namesOf(product string) names {
	n := table[word(product)]
	n.endOfLife = cmp.Or(n.endOfLife, word(product))
	return n
}

// Known says whether the table has a row for a product: a list of exploited
// vulnerabilities may then name it. Probes must recognise no other product.
func Known(product string) bool { return len(table[word(product)].products) > 0 }

// table ties our names to those of the lists. It is only read.
var table = map[string]names{
	"activemq":              {"apache-activemq", words("apache"), words("activemq")},
	"adfs":                  {"", nil, words("active directory federation services")},
	"apache-http-server":    {"apache-http-server", words("apache"), words("http server")},
	"axis":                  {"", words("axis", "axis communications"), words("camera", "cameras")},
	"big-ip":                {"big-ip", words("f5"), words("big-ip")},
	"cas":                   {"", nil, words("apereo cas", "central authentication service")},
	"centreon":              {"", nil, words("centreon")},
	"check-point":           {"", words("check point"), words("security gateway", "security gateways")},
	"cisco-asa":             {"", words("cisco"), words("adaptive security appliance", "adaptive security (asa)")},
	"citrix-netscaler":      {"", words("citrix"), words("netscaler", "application delivery controller")},
	"clickhouse":            {"", nil, words("clickhouse")},
	"coldfusion":            {"coldfusion", words("adobe"), words("coldfusion")},
	"commvault":             {"", words("commvault"), words("command center", "web server")},
	"confluence":            {"confluence", words("atlassian"), words("confluence")},
	"consul":                {"", nil, words("consul")},
	"couchdb":               {"apache-couchdb", words("apache"), words("couchdb")},
	"cups":                  {"", nil, words("cups")},
	"dahua":                 {"", words("dahua"), words("ip camera firmware")},
	"dcm4chee":              {"", nil, words("dcm4chee")},
	"docker":                {"docker-engine", nil, words("docker")},
	"dovecot":               {"", nil, words("dovecot")},
	"dropbear":              {"", nil, words("dropbear")},
	"drupal":                {"drupal", words("drupal"), words("core")},
	"elasticsearch":         {"elasticsearch", words("elastic"), words("elasticsearch")},
	"esxi":                  {"vmware-esxi", words("vmware", "broadcom"), words("esxi")},
	"etcd":                  {"", nil, words("etcd")},
	"exchange":              {"msexchange", words("microsoft"), words("exchange")},
	"exim":                  {"", words("exim"), words("exim", "mail transfer agent")},
	"filezilla-server":      {"", nil, words("filezilla")},
	"fortiadc":              {"", words("fortinet"), words("fortiadc")},
	"fortimanager":          {"", words("fortinet"), words("fortimanager")},
	"fortios":               {"fortios", words("fortinet"), words("fortios", "multiple products")},
	"fortiproxy":            {"", words("fortinet"), words("fortiproxy", "multiple products")},
	"fortiweb":              {"", words("fortinet"), words("fortiweb")},
	"gitlab":                {"gitlab", words("gitlab"), words("gitlab", "community and enterprise editions")},
	"globalprotect":         {"pan-os", words("palo alto networks"), words("pan-os")},
	"glpi":                  {"", words("teclib", "glpi-project"), words("glpi")},
	"grafana":               {"grafana", words("grafana labs"), words("grafana")},
	"guacamole":             {"", nil, words("guacamole")},
	"hikvision":             {"", words("hikvision"), words("security cameras web server", "multiple products")},
	"hp-printer":            {"", words("hp", "hewlett packard (hp)"), words("laserjet", "printer", "printers")},
	"idrac":                 {"", nil, words("idrac")},
	"iis":                   {"", words("microsoft"), words("internet information services")},
	"influxdb":              {"", nil, words("influxdb")},
	"integrated-lights-out": {"", nil, words("integrated lights-out")},
	"ios-xe":                {"cisco-ios-xe", words("cisco"), words("ios xe")},
	"ivanti-connect-secure": {"", words("ivanti", "pulse secure"), words("connect secure")},
	"ivanti-epmm":           {"", words("ivanti"), words("endpoint manager mobile", "mobileiron")},
	"jenkins":               {"jenkins", words("jenkins"), words("jenkins")},
	"jetty":                 {"eclipse-jetty", nil, words("jetty")},
	"joomla":                {"joomla", words("joomla!"), words("joomla!")},
	"junos":                 {"", words("juniper"), words("junos")},
	"keycloak":              {"", nil, words("keycloak")},
	"kibana":                {"kibana", words("elastic"), words("kibana")},
	"kubernetes":            {"", nil, words("kubernetes")},
	"lemonldap-ng":          {"", nil, words("lemonldap")},
	"lighttpd":              {"", nil, words("lighttpd")},
	"mariadb":               {"", nil, words("mariadb")},
	"memcached":             {"", nil, words("memcached")},
	"mirth-connect":         {"", words("nextgen healthcare"), words("mirth connect")},
	"mongodb":               {"", nil, words("mongodb")},
	"moodle":                {"", nil, words("moodle")},
	"mssql":                 {"mssqlserver", words("microsoft"), words("sql server")},
	"mysql":                 {"", nil, words("mysql")},
	"nagios-xi":             {"", words("nagios"), words("nagios xi")},
	"nats":                  {"", nil, words("nats")},
	"netbackup":             {"", nil, words("netbackup")},
	"nextcloud":             {"", nil, words("nextcloud")},
	"nginx":                 {"", nil, words("nginx")},
	"node":                  {"nodejs", words("node.js", "nodejs", "openjs foundation"), words("node.js")},
	"nutanix-prism":         {"", nil, words("nutanix")},
	"openssh":               {"", nil, words("openssh")},
	"openssl":               {"", nil, words("openssl")},
	"openvpn-access-server": {"", nil, words("openvpn access server")},
	"opnsense":              {"", nil, words("opnsense")},
	"oracle-database":       {"oracle-database", words("oracle"), words("database")},
	"orthanc":               {"", nil, words("orthanc")},
	"owncloud":              {"", nil, words("owncloud")},
	"pan-os":                {"pan-os", words("palo alto networks"), words("pan-os")},
	"pfsense":               {"", nil, words("pfsense")},
	"php":                   {"php", words("php group", "php"), words("php", "fastcgi process manager")},
	"phpmyadmin":            {"phpmyadmin", words("phpmyadmin"), words("phpmyadmin")},
	"plesk":                 {"", nil, words("plesk")},
	"postfix":               {"", nil, words("postfix")},
	"postgresql":            {"", nil, words("postgresql")},
	"proftpd":               {"", nil, words("proftpd")},
	"prometheus":            {"", nil, words("prometheus")},
	"proxmox":               {"proxmox-ve", nil, words("proxmox")},
	"proxmox-backup-server": {"", nil, words("proxmox backup server")},
	"pure-ftpd":             {"", nil, words("pure-ftpd")},
	"qnap-qts":              {"", words("qnap"), words("qts", "network attached storage", "network-attached storage")},
	"rabbitmq":              {"", nil, words("rabbitmq")},
	"redis":                 {"", nil, words("redis")},
	"remote-desktop-web":    {"", nil, words("remote desktop web access")},
	"roundcube":             {"roundcube", words("roundcube"), words("webmail")},
	"routeros":              {"", words("mikrotik"), words("routeros")},
	"samba":                 {"", words("samba"), words("samba")},
	"screenconnect":         {"", words("connectwise"), words("screenconnect")},
	"sharepoint":            {"sharepoint", words("microsoft"), words("sharepoint")},
	"sogo":                  {"", nil, words("sogo")},
	"solr":                  {"solr", words("apache"), words("solr")},
	"sonicos":               {"", words("sonicwall"), words("sonicos")},
	"sonicwall-sma":         {"", words("sonicwall"), words("sma100", "sma 100", "sma1000")},
	"sophos-firewall":       {"", words("sophos"), words("firewall", "sfos", "cyberoamos")},
	"spip":                  {"", nil, words("spip")},
	"storefront":            {"", words("citrix"), words("storefront")},
	"stormshield":           {"sns-firmware", nil, words("stormshield")},
	"supermicro-bmc":        {"", nil, words("supermicro")},
	"synology-dsm":          {"", nil, words("diskstation manager")},
	"systancia":             {"", nil, words("systancia")},
	"tomcat":                {"tomcat", words("apache"), words("tomcat")},
	"truenas":               {"", nil, words("truenas")},
	"typo3":                 {"", nil, words("typo3")},
	"unisphere":             {"", nil, words("unisphere")},
	"vcenter":               {"vmware-vcenter", words("vmware", "broadcom"), words("vcenter")},
	"veeam-backup":          {"veeam-backup-and-replication", words("veeam"), words("backup & replication")},
	"vmware-horizon":        {"", words("vmware", "omnissa"), words("horizon")},
	"vsftpd":                {"", nil, words("vsftpd")},
	"wallix-bastion":        {"", nil, words("wallix")},
	"watchguard":            {"", words("watchguard"), words("firebox", "fireware")},
	"weblogic":              {"", words("oracle"), words("weblogic server")},
	"webmin":                {"", words("webmin"), words("webmin")},
	"wordpress":             {"wordpress", words("wordpress"), words("wordpress", "core")},
	"xclarity-controller":   {"", nil, words("xclarity")},
	"xenserver":             {"", nil, words("xenserver", "citrix hypervisor")},
	"zabbix":                {"zabbix", words("zabbix"), words("frontend")},
	"zimbra":                {"", words("synacor", "zimbra"), words("zimbra")},
	"zyxel-firewall":        {"", words("zyxel"), words("multiple firewalls", "multiple products")},
}

func words(all ...string) []string { return all }
