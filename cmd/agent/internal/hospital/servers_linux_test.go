// SPDX-License-Identifier: Apache-2.0

package hospital

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// programs are the servers of the world and the packages they come from.
var programs = map[string]string{
	"named": "bind9", "nsd": "nsd", "unbound": "unbound", "nginx": "nginx-light", "/usr/lib/postfix/sbin/master": "postfix", "openssl": "openssl",
	"dnssec-signzone": "bind9-utils", "dnssec-keygen": "bind9-utils", "dnssec-dsfromkey": "bind9-utils",
}

// requirePrograms skips a test that has no server to try itself against; in continuous
// integration, where scripts/install.sh ran, it fails.
func requirePrograms(t testing.TB) {
	t.Helper()
	for name, packaged := range programs {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		if _, err := os.Stat(filepath.Join("/usr/sbin", name)); err == nil {
			continue
		}
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed: add package %s to scripts/install.sh", name, packaged)
		}
		t.Skipf("%s is not installed (package %s)", name, packaged)
	}
}

// server starts a server in the world until the end of the test.
func (w *world) server(t testing.TB, name string, args ...string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join("/usr/sbin", name)); err == nil {
		name = filepath.Join("/usr/sbin", name)
	}
	var said bytes.Buffer
	command := w.lab.WorldCommand(context.WithoutCancel(t.Context()), name, args...)
	command.Stdout, command.Stderr = &said, &said
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its children end with it
	command.WaitDelay = 5 * time.Second
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = command.Wait() }()
	t.Cleanup(func() {
		select {
		case <-ended:
			t.Errorf("%s ended by itself:\n%s", name, tail(said.String()))
		default:
		}
		_ = command.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
		}
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		<-ended
	})
}

func tail(text string) string { return text[max(0, len(text)-2000):] }

const namedConf = `
options {
	directory %[1]q; pid-file none; session-keyfile none; listen-on { %[2]s }; listen-on-v6 { %[3]s };
	recursion no; dnssec-validation no; notify no; allow-transfer { none; }; querylog no; version none;
};
controls { };
`

// named starts a BIND for some zones.
func (w *world) named(t testing.TB, name string, v4, v6 []string, zones ...string) {
	t.Helper()
	list := func(addresses []string) string {
		if len(addresses) == 0 {
			return "none;"
		}
		return strings.Join(addresses, "; ") + ";"
	}
	conf := fmt.Sprintf(namedConf, w.folder, list(v4), list(v6))
	for _, zone := range zones {
		conf += fmt.Sprintf("zone \"%s.\" { type primary; file \"zone-%s\"; };\n", zone, zone)
	}
	w.server(t, "named", "-g", "-c", write(t, w.folder, name+".conf", conf))
}

const nsdConf = `
server:
	server-count: 1
	database: ""
	username: ""
	chroot: ""
	pidfile: ""
	hide-version: yes
	zonesdir: %[1]q
	zonelistfile: "%[1]s/nsd.list"
	xfrdfile: "%[1]s/nsd.xfrd"
	xfrdir: %[1]q
	ip-address: %[2]s
	ip-address: %[3]s
remote-control:
	control-enable: no
`

func (w *world) nsd(t testing.TB, zones ...string) {
	t.Helper()
	conf := fmt.Sprintf(nsdConf, w.folder, ns2Addr, ns2Six)
	for _, zone := range zones {
		conf += fmt.Sprintf("zone:\n\tname: %q\n\tzonefile: \"zone-%s\"\n", zone, zone)
	}
	w.server(t, "nsd", "-d", "-c", write(t, w.folder, "nsd.conf", conf))
}

const unboundConf = `
server:
	interface: %[1]s
	do-daemonize: no
	chroot: ""
	username: ""
	directory: %[2]q
	pidfile: ""
	use-syslog: no
	num-threads: 1
	access-control: 10.77.0.0/24 allow
	local-zone: "test." nodefault
	root-hints: %[3]q
	trust-anchor: %[4]q
remote-control:
	control-enable: no
`

func (w *world) unbound(t testing.TB, anchor string) {
	t.Helper()
	w.server(t, "unbound", "-d", "-c", write(t, w.folder, "unbound.conf", fmt.Sprintf(unboundConf, resolverAddr, w.folder, w.hints(t), anchor)))
}

// hints is the file that says where the root of the world is.
func (w *world) hints(t testing.TB) string {
	t.Helper()
	return write(t, w.folder, "hints", ". 3600 IN NS a.racine.test.\na.racine.test. 3600 IN A "+rootAddr+"\n")
}

const postfixMain = `
compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
myhostname = mx1.chu.test
mydestination = chu.test clinique.test ehpad.test ifsi.test labo.test
mynetworks =
inet_interfaces = %[2]s
inet_protocols = all
alias_maps =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_relay_restrictions = reject_unauth_destination
smtpd_tls_security_level = may
smtpd_tls_chain_files = %[3]s, %[4]s
smtpd_tls_mandatory_protocols = >=TLSv1.2
smtpd_tls_protocols = >=TLSv1.2
`

// postfix starts one Postfix that receives on every mail server's address.
func (w *world) postfix(t testing.TB, pairs ...string) {
	t.Helper()
	folder := filepath.Join(w.folder, "postfix")
	addresses := append(append([]string{filterAddr}, mailAddrs...), mailSixes...)
	write(t, folder, "main.cf", fmt.Sprintf(postfixMain, folder, strings.Join(addresses, ", "), pairs[0], pairs[1]))
	master := "cleanup unix n - n - 0 cleanup\nrewrite unix - - n - - trivial-rewrite\nproxymap unix - - n - - proxymap\nanvil unix - - n - 1 anvil\ntlsmgr unix - - n 1000? 1 tlsmgr\n"
	for _, address := range addresses {
		if strings.Contains(address, ":") {
			address = "[" + address + "]"
		}
		master += address + ":25 inet n - n - - smtpd\n"
	}
	write(t, folder, "master.cf", master)
	account, err := user.Lookup("postfix")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(account.Uid)
	gid, _ := strconv.Atoi(account.Gid)
	for _, name := range []string{"data", "queue/public", "queue/private", "queue/incoming", "queue/active", "queue/deferred", "queue/hold", "queue/maildrop"} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(folder, "queue/pid"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.server(t, "/usr/lib/postfix/sbin/master", "-c", folder, "-d")
}

// nginxConf begins the configuration; every request is logged with its moment and the
// address it came to, which the wire does not show inside TLS.
const nginxConf = `daemon off; pid %[1]s/nginx.pid; error_log stderr; worker_processes 1;
events { worker_connections 512; }
http {
  log_format moments '$msec $server_addr $server_port "$request"';
  access_log %[1]s/requests moments; default_type text/html; server_tokens off;
  client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
`

// nginxSite is one site: pages on 443, and on 80 the way there.
const nginxSite = `
  server {
    listen %[2]s:443 ssl; server_name %[3]s; root %[1]s/pages; charset utf-8;
    ssl_certificate %[1]s/%[3]s-ec.pem; ssl_certificate_key %[1]s/%[3]s-ec.pem;
    ssl_certificate %[1]s/%[3]s-rsa.pem; ssl_certificate_key %[1]s/%[3]s-rsa.pem;
    ssl_session_cache none;
    %[4]s
    location ~ \.txt$ { default_type text/plain; }
    add_header Strict-Transport-Security "max-age=63072000; includeSubDomains" always;
    add_header X-Content-Type-Options nosniff always;
    add_header Content-Security-Policy "default-src 'self'; frame-ancestors 'self'" always;
  }
  server { listen %[2]s:80; server_name %[3]s; return 301 https://$host$request_uri; }
`

// suites are how each kind of nginx is told to speak TLS: Mozilla's intermediate
// profile of 2026, Debian's own (nothing said), and one that was never renewed.
var suites = map[behaviour]string{
	intermediate: "ssl_protocols TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers off; ssl_session_tickets off; ssl_ecdh_curve X25519:prime256v1:secp384r1; " +
		"ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" +
		"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;",
	packaged: "ssl_protocols TLSv1.2 TLSv1.3;",
	old:      "ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers ALL:@SECLEVEL=0;",
}

const page = `<!doctype html><html lang="fr"><title>Centre hospitalier</title><h1>Bienvenue</h1>
<form action="/recherche" method="get"><input name="q"></form><script src="/a.js"></script></html>
`

// nginx starts the sites it serves, and the policy of MTA-STS.
func (w *world) nginx(t testing.TB) {
	t.Helper()
	conf := fmt.Sprintf(nginxConf, w.folder)
	for _, m := range machines {
		if directives, ok := suites[m.does]; ok {
			conf += fmt.Sprintf(nginxSite, w.folder, m.addr, m.name(), directives)
		}
	}
	for _, d := range domains {
		conf += fmt.Sprintf(nginxSite, w.folder, policyAddr, "mta-sts."+d.name, suites[intermediate])
	}
	write(t, w.folder, "pages/index.html", page)
	write(t, w.folder, "pages/.well-known/security.txt", "Contact: mailto:securite@chu.test\nExpires: 2027-06-30T00:00:00Z\nPreferred-Languages: fr\n")
	write(t, w.folder, "pages/.well-known/mta-sts.txt", "version: STSv1\nmode: enforce\nmx: mx1.chu.test\nmx: mx2.chu.test\nmx: *.filtre.test\nmax_age: 1209600\n")
	w.server(t, "nginx", "-p", w.folder, "-e", "stderr", "-c", write(t, w.folder, "nginx.conf", conf+"}\n"))
}
