// SPDX-License-Identifier: Apache-2.0

package httpprobe

import "regexp"

// The signs below were written from the documentation and the default pages of
// the products themselves, in November 2026. Names are those of the public
// lists of versions and of exploited flaws, in lower case.

// edges stand between the internet and the establishment, or are its mail server.
var edges = [...]string{
	"big-ip", "cisco-asa", "citrix-netscaler", "exchange", "fortios", "globalprotect", "ivanti-connect-secure", "sonicwall-sma", "zimbra",
}

// managers hold the content of a site.
var managers = [...]string{"drupal", "joomla", "spip", "typo3", "wordpress"}

// after reads the version that follows a name: "nginx/1.22.1".
func after(name string) *regexp.Regexp {
	return regexp.MustCompile(name + `[/ v]+(\d+(?:\.\d+){0,3}[a-z]?\d*)`)
}

var marks = [...]mark{
	// Servers and languages, by their banner.
	{product: "nginx", header: "Server", sign: "nginx", version: after("nginx")},
	{product: "apache-http-server", header: "Server", sign: "apache/", version: after("apache")},
	{product: "openssl", header: "Server", sign: "openssl/", version: after("openssl")},
	{product: "php", header: "Server", sign: "php/", version: after("php")},
	{product: "php", header: "X-Powered-By", sign: "php", version: after("php")},
	{product: "php", cookie: "PHPSESSID"},
	{product: "iis", header: "Server", sign: "microsoft-iis", version: after("microsoft-iis")},
	{product: "tomcat", header: "Server", sign: "apache-coyote"},
	{product: "tomcat", sign: "<h3>apache tomcat/", version: after("<h3>apache tomcat")},
	{product: "jetty", header: "Server", sign: "jetty", version: regexp.MustCompile(`jetty\(?/?(\d+(?:\.\d+){1,2})`)},
	{product: "lighttpd", header: "Server", sign: "lighttpd", version: after("lighttpd")},
	{product: "weblogic", header: "Server", sign: "weblogic"},

	// Gateways and mail servers.
	{product: "exchange", header: "X-Owa-Version", version: regexp.MustCompile(`^(\d+(?:\.\d+){2,3})`)},
	{product: "exchange", header: "X-Feserver"},
	{product: "exchange", sign: "/owa/auth/", version: regexp.MustCompile(`/owa/auth/(\d+(?:\.\d+){2,3})/`)},
	{product: "citrix-netscaler", cookie: "NSC_"},
	{product: "citrix-netscaler", sign: "/vpn/js/gateway_login"},
	{product: "citrix-netscaler", sign: "/logon/logonpoint/"},
	{product: "fortios", cookie: "SVPNCOOKIE"},
	{product: "fortios", sign: "/remote/fgt_lang"},
	{product: "ivanti-connect-secure", cookie: "DSSIGNIN"},
	{product: "ivanti-connect-secure", sign: "/dana-na/"},
	{product: "globalprotect", sign: "global-protect/"},
	{product: "cisco-asa", cookie: "webvpn"},
	{product: "cisco-asa", sign: "/+cscoe+/"},
	{product: "big-ip", cookie: "MRHSession"},
	{product: "big-ip", cookie: "BIGipServer"},
	{product: "big-ip", header: "Server", sign: "bigip"},
	{product: "sonicwall-sma", header: "Server", sign: "sonicwall"},
	{product: "zimbra", cookie: "ZM_"},
	{product: "zimbra", sign: "zimbra web client"},

	// Managers of content.
	{product: "wordpress", generator: "wordpress", version: after("wordpress")},
	{product: "wordpress", sign: "/wp-content/"},
	{product: "drupal", generator: "drupal", version: after("drupal")},
	{product: "drupal", header: "X-Generator", sign: "drupal", version: after("drupal")},
	{product: "drupal", sign: "data-drupal-selector"},
	{product: "joomla", generator: "joomla", version: after("joomla!?")},
	{product: "typo3", generator: "typo3", version: after("typo3 cms")},
	{product: "spip", generator: "spip", version: after("spip")},
	{product: "spip", header: "Composed-By", sign: "spip", version: after("spip")},

	// Applications, of hospitals and of those who keep them running.
	{product: "roundcube", cookie: "roundcube_sessid"},
	{product: "roundcube", sign: "rcmail.set_env"},
	{product: "nextcloud", sign: `<a href="https://nextcloud.com"`},
	{product: "owncloud", sign: `<a href="https://owncloud.`},
	{product: "orthanc", sign: "<title>orthanc"},
	{product: "mirth-connect", sign: "<title>mirth connect"},
	{product: "grafana", sign: "grafanabootdata", version: regexp.MustCompile(`"buildinfo":\{[^}]*"version":"(\d+(?:\.\d+){1,2})`)},
	{product: "jenkins", header: "X-Jenkins", version: regexp.MustCompile(`^(\d+(?:\.\d+){1,2})`)},
	{product: "phpmyadmin", cookie: "phpMyAdmin"},
	{product: "phpmyadmin", sign: "pma_username", version: regexp.MustCompile(`pma_version:"(\d+(?:\.\d+){1,2})`)},
	{product: "glpi", cookie: "glpi_"},
	{product: "glpi", sign: "/front/login.php", version: regexp.MustCompile(`glpi[^"<]{0,40} (\d+\.\d+\.\d+)`)},
	{product: "moodle", cookie: "MoodleSession"},
	{product: "confluence", header: "X-Confluence-Request-Time"},
	{product: "confluence", sign: "ajs-version-number", version: regexp.MustCompile(`ajs-version-number" content="(\d+(?:\.\d+){1,2})`)},
	{product: "gitlab", sign: `content="gitlab"`},
	{product: "zabbix", cookie: "zbx_session"},
	{product: "vmware-horizon", sign: "<title>vmware horizon"},
}
