// SPDX-License-Identifier: Apache-2.0

package lists

import (
	"slices"
	"strings"
)

// names are what the lists call a product.
type names struct {
	endOfLife string   // empty when it is our own name
	vendors   []string // of KEV, lower case
	products  []string // words one of which the product of KEV holds, lower case
}

// in says whether an entry of KEV names the product.
func (n names) in(e exploit) bool {
	held := func(product string) bool { return strings.Contains(e.product, product) }
	return slices.Contains(n.vendors, e.vendor) && slices.ContainsFunc(n.products, held)
}

// namesOf finds a product by our name. One that has no row has the same name
// for endoflife.date, and is unknown to KEV.
func namesOf(product string) names {
	n := table[word(product)]
	if n.endOfLife == "" {
		n.endOfLife = word(product)
	}
	return n
}

// table ties our names to those of the lists. It is only read.
var table = map[string]names{
	"activemq":        {"apache-activemq", words("apache"), words("activemq")},
	"apache":          {"apache-http-server", words("apache"), words("http server")},
	"asa":             {"", words("cisco"), words("adaptive security appliance", "adaptive security (asa)")},
	"big-ip":          {"big-ip", words("f5"), words("big-ip")},
	"check-point":     {"", words("check point"), words("quantum security gateway")},
	"coldfusion":      {"coldfusion", words("adobe"), words("coldfusion")},
	"confluence":      {"confluence", words("atlassian"), words("confluence")},
	"docker":          {"docker-engine", nil, nil},
	"drupal":          {"drupal", words("drupal"), words("core")},
	"elasticsearch":   {"elasticsearch", words("elastic"), words("elasticsearch")},
	"esxi":            {"vmware-esxi", words("vmware"), words("esxi")},
	"exchange":        {"msexchange", words("microsoft"), words("exchange server")},
	"exim":            {"", words("exim"), words("exim", "mail transfer agent")},
	"fortiadc":        {"", words("fortinet"), words("fortiadc")},
	"fortimanager":    {"", words("fortinet"), words("fortimanager")},
	"fortios":         {"fortios", words("fortinet"), words("fortios", "multiple products")},
	"fortiproxy":      {"", words("fortinet"), words("fortiproxy", "multiple products")},
	"fortiweb":        {"", words("fortinet"), words("fortiweb")},
	"gitlab":          {"gitlab", words("gitlab"), words("gitlab", "community and enterprise editions")},
	"grafana":         {"grafana", words("grafana labs"), words("grafana")},
	"iis":             {"", words("microsoft"), words("internet information services")},
	"ios-xe":          {"cisco-ios-xe", words("cisco"), words("ios xe")},
	"ivanti-connect":  {"", words("ivanti", "pulse secure"), words("connect secure")},
	"ivanti-epmm":     {"", words("ivanti"), words("endpoint manager mobile", "mobileiron")},
	"jenkins":         {"jenkins", words("jenkins"), words("jenkins")},
	"jetty":           {"eclipse-jetty", nil, nil},
	"joomla":          {"joomla", words("joomla!"), words("joomla!")},
	"junos":           {"", words("juniper"), words("junos")},
	"kibana":          {"kibana", words("elastic"), words("kibana")},
	"mirth-connect":   {"", words("nextgen healthcare"), words("mirth connect")},
	"mssql":           {"mssqlserver", nil, nil},
	"nagios-xi":       {"", words("nagios"), words("nagios xi")},
	"netscaler":       {"", words("citrix"), words("netscaler", "application delivery controller")},
	"node":            {"nodejs", nil, nil},
	"pan-os":          {"pan-os", words("palo alto networks"), words("pan-os")},
	"php":             {"php", words("php group", "php"), words("php", "fastcgi process manager")},
	"phpmyadmin":      {"phpmyadmin", words("phpmyadmin"), words("phpmyadmin")},
	"proxmox":         {"proxmox-ve", nil, nil},
	"roundcube":       {"roundcube", words("roundcube"), words("webmail")},
	"routeros":        {"", words("mikrotik"), words("routeros")},
	"samba":           {"samba", words("samba"), words("samba")},
	"screenconnect":   {"", words("connectwise"), words("screenconnect")},
	"sharepoint":      {"sharepoint", words("microsoft"), words("sharepoint")},
	"sma":             {"", words("sonicwall"), words("sma100", "sma 100", "sma1000")},
	"solr":            {"solr", words("apache"), words("solr")},
	"sonicos":         {"", words("sonicwall"), words("sonicos")},
	"stormshield":     {"sns-firmware", nil, nil},
	"sophos-firewall": {"", words("sophos"), words("firewall", "sfos")},
	"tomcat":          {"tomcat", words("apache"), words("tomcat")},
	"vcenter":         {"vmware-vcenter", words("vmware"), words("vcenter server")},
	"veeam-backup":    {"veeam-backup-and-replication", words("veeam"), words("backup & replication")},
	"watchguard":      {"", words("watchguard"), words("firebox", "fireware")},
	"weblogic":        {"", words("oracle"), words("weblogic server")},
	"webmin":          {"", words("webmin"), words("webmin")},
	"zabbix":          {"zabbix", words("zabbix"), words("frontend")},
	"zimbra":          {"", words("synacor", "zimbra"), words("zimbra")},
	"zyxel-firewall":  {"", words("zyxel"), words("multiple firewalls")},
}

func words(all ...string) []string { return all }
