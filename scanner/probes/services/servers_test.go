// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/debian"
)

func TestObserveSSH(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		key, config string
		want        func(*fact.SSH) bool
	}{
		"modern": {"ed25519", "PasswordAuthentication no\nKbdInteractiveAuthentication no\n", func(s *fact.SSH) bool {
			return slices.Equal(s.Methods, []string{"publickey"}) && s.Key.Type == "ssh-ed25519" && slices.Contains(s.Kex, "curve25519-sha256")
		}},
		"old": {"rsa", "KexAlgorithms +diffie-hellman-group1-sha1\nCiphers +3des-cbc\nMACs hmac-sha1\nPasswordAuthentication yes\n", func(s *fact.SSH) bool {
			return slices.Contains(s.Methods, "password") && s.Key.Type == "ssh-rsa" && s.Key.Bits == 2048 &&
				slices.Contains(s.Ciphers, "3des-cbc") && slices.Contains(s.Kex, "diffie-hellman-group1-sha1") && slices.Contains(s.MACs, "hmac-sha1")
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := lookAtServer(t, 22, startSSHD(t, tt.key, tt.config))
			if got.Protocol != "ssh" || got.Product != "openssh" || got.Version == "" || got.SSH == nil || got.SSH.Protocol != "2.0" {
				t.Fatalf("got %+v", got)
			}
			if got.SSH.Key == nil || !strings.HasPrefix(got.SSH.Key.Digest, "SHA256:") || !tt.want(got.SSH) {
				t.Errorf("got %+v, key %+v", got.SSH, got.SSH.Key)
			}
		})
	}
}

func startSSHD(t *testing.T, key, config string) string {
	t.Helper()
	binary := debian.Program(t, "sshd", "openssh-server")
	folder, port := t.TempDir(), freePort(t)
	hostKey := filepath.Join(folder, "key")
	generate := exec.Command("ssh-keygen", "-q", "-t", key, "-N", "", "-f", hostKey)
	if key == "rsa" {
		generate.Args = append(generate.Args, "-b", "2048")
	}
	if out, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_ = os.MkdirAll("/run/sshd", 0o755) // wanted by the daemon of Debian; may exist
	file := write(t, folder, "sshd_config", fmt.Sprintf("Port %d\nListenAddress 127.0.0.1\nHostKey %s\nPidFile none\nUsePAM no\nStrictModes no\n%s", port, hostKey, config))
	return start(t, port, binary, "-D", "-e", "-f", file)
}

func TestObserveFTP(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	certificate := filepath.Join(folder, "ftp.pem")
	out, err := exec.Command(debian.Program(t, "openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=ftp.chu.test", "-days", "2",
		"-keyout", certificate, "-out", filepath.Join(folder, "only.pem")).CombinedOutput()
	if err != nil {
		t.Fatalf("openssl makes no certificate: %v: %s", err, out)
	}
	tls := fmt.Sprintf("ssl_enable=YES\nrsa_cert_file=%s\nrsa_private_key_file=%s\n", filepath.Join(folder, "only.pem"), certificate)
	tests := map[string]struct {
		config string
		want   fact.Offer
	}{
		"clear":        {"", fact.Accepted},
		"tls-optional": {tls + "force_local_logins_ssl=NO\n", fact.OfferUnknown},
		"tls-required": {tls + "force_local_logins_ssl=YES\n", fact.OfferUnknown},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := lookAtServer(t, 21, startFTP(t, tt.config))
			if got.Protocol != "ftp" || got.Product != "vsftpd" || got.Version == "" || got.ClearLogin != tt.want {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func startFTP(t *testing.T, config string) string {
	t.Helper()
	binary := debian.Program(t, "vsftpd", "vsftpd")
	folder, port := t.TempDir(), freePort(t)
	file := write(t, folder, "vsftpd.conf", fmt.Sprintf(
		"listen=YES\nlisten_address=127.0.0.1\nlisten_port=%d\nbackground=NO\nlocal_enable=YES\nanonymous_enable=NO\nsecure_chroot_dir=%s\n"+
			"seccomp_sandbox=NO\nvsftpd_log_file=%s\n%s", port, folder, filepath.Join(folder, "log"), config))
	return start(t, port, binary, file)
}

func TestObserveRedis(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]fact.Login{"": fact.LoginNone, "a-long-secret": fact.LoginRequired} {
		t.Run("password-"+strconv.FormatBool(name != ""), func(t *testing.T) {
			t.Parallel()
			port := freePort(t)
			args := []string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir()}
			if name != "" {
				args = append(args, "--requirepass", name)
			}
			got := lookAtServer(t, 6379, start(t, port, debian.Program(t, "redis-server", "redis-server"), args...))
			if got.Protocol != "redis" || got.Login != want {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestObservePostgreSQL(t *testing.T) {
	t.Parallel()
	server := debian.File(t, "/usr/lib/postgresql/*/bin/postgres", "postgresql")
	folder, port := t.TempDir(), freePort(t)
	data := filepath.Join(folder, "data")
	as := unprivileged(t, "postgres", folder)
	if out, err := as(filepath.Join(filepath.Dir(server), "initdb"), "-D", data, "--no-sync").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	command := as(server, "-D", data, "-p", strconv.Itoa(port), "-h", "127.0.0.1", "-k", folder)
	got := lookAtServer(t, 5432, start(t, port, command.Path, command.Args[1:]...))
	if got.Protocol != "postgresql" || got.Group != fact.GroupDatabase {
		t.Errorf("got %+v", got)
	}
}

// unprivileged starts programs that refuse to run as root under another user.
func unprivileged(t *testing.T, name, folder string) func(string, ...string) *exec.Cmd {
	t.Helper()
	if os.Geteuid() != 0 {
		return exec.Command
	}
	account, err := user.Lookup(name)
	if err != nil {
		t.Fatalf("the package of the server made no account %s: %v", name, err)
	}
	uid, _ := strconv.Atoi(account.Uid)
	for path := folder; path != os.TempDir() && path != "/"; path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(folder, uid, -1); err != nil {
		t.Fatal(err)
	}
	runuser := debian.Program(t, "setpriv", "util-linux")
	return func(name string, args ...string) *exec.Cmd {
		return exec.Command(runuser, append([]string{"--reuid", account.Uid, "--regid", account.Gid, "--clear-groups", name}, args...)...)
	}
}

func TestObserveMariaDB(t *testing.T) {
	t.Parallel()
	binary := debian.Program(t, "mariadbd", "mariadb-server")
	folder, port := t.TempDir(), freePort(t)
	data := filepath.Join(folder, "data")
	install := exec.Command(debian.Program(t, "mariadb-install-db", "mariadb-server"), "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db", "--user=root")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("mariadb-install-db makes no database: %v: %s", err, out)
	}
	address := start(t, port, binary, "--no-defaults", "--user=root", "--datadir="+data, "--bind-address=127.0.0.1",
		"--port="+strconv.Itoa(port), "--socket="+filepath.Join(folder, "s"), "--pid-file="+filepath.Join(folder, "pid"))
	got := lookAtServer(t, 3306, address)
	if got.Protocol != "mysql" || got.Product != "mariadb" || !strings.Contains(got.Version, ".") {
		t.Errorf("got %+v", got)
	}
}

func TestObserveLDAP(t *testing.T) {
	t.Parallel()
	binary := debian.Program(t, "slapd", "slapd")
	folder, port := t.TempDir(), freePort(t)
	file := write(t, folder, "slapd.conf", "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\ndatabase mdb\nsuffix \"dc=chu,dc=test\"\ndirectory "+folder+"\n")
	address := start(t, port, binary, "-d", "0", "-f", file, "-h", fmt.Sprintf("ldap://127.0.0.1:%d", port))
	got := lookAtServer(t, 389, address)
	if got.Protocol != "ldap" || got.Group != fact.GroupDirectory {
		t.Errorf("got %+v", got)
	}
}

func TestObserveSMB(t *testing.T) {
	t.Parallel()
	binary := debian.Program(t, "smbd", "samba")
	folder, port := t.TempDir(), freePort(t)
	file := write(t, folder, "smb.conf", fmt.Sprintf("[global]\nserver role = standalone server\nsmb ports = %d\ninterfaces = 127.0.0.1\nbind interfaces only = yes\n"+
		"private dir = %[2]s\nlock directory = %[2]s\nstate directory = %[2]s\ncache directory = %[2]s\npid directory = %[2]s\nncalrpc dir = %[2]s/nc\nlog file = %[2]s/log\n"+
		"disable spoolss = yes\nload printers = no\n", port, folder))
	address := start(t, port, binary, "--foreground", "--no-process-group", "--configfile="+file)
	got := lookAtServer(t, 445, address)
	if got.Protocol != "smb" || got.Group != fact.GroupFileSharing {
		t.Errorf("got %+v", got)
	}
}

func TestObserveRsync(t *testing.T) {
	t.Parallel()
	binary := debian.Program(t, "rsync", "rsync")
	port := freePort(t)
	file := write(t, t.TempDir(), "rsyncd.conf", "use chroot = no\n")
	got := lookAtServer(t, 873, start(t, port, binary, "--daemon", "--no-detach", "--address=127.0.0.1", "--port="+strconv.Itoa(port), "--config="+file))
	if got.Protocol != "rsync" || got.Group != fact.GroupFileSharing {
		t.Errorf("got %+v", got)
	}
}

func TestObserveSNMP(t *testing.T) {
	t.Parallel()
	binary := debian.Program(t, "snmpd", "snmpd")
	tests := map[string]struct {
		community string
		want      fact.PortState
	}{"public": {"public", fact.PortOpen}, "other": {"not-so-easy", fact.PortFiltered}}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder, port := t.TempDir(), freePort(t)
			file := write(t, folder, "snmpd.conf", "rocommunity "+tt.community+"\n")
			// The same number over TCP tells when it is ready.
			listen := fmt.Sprintf("udp:127.0.0.1:%[1]d,tcp:127.0.0.1:%[1]d", port)
			start(t, port, binary, "-f", "-Lo", "-C", "-c", file, "-p", filepath.Join(folder, "pid"), "--persistentDir="+folder, listen)
			seen, _ := look(t, world(map[int]string{161: fmt.Sprintf("127.0.0.1:%d", port)}), Options{Ports: []int{1234}, Patience: 3 * time.Second})
			if got := udpPort(t, seen, 161); got.State != tt.want || (got.Protocol == "snmp") != (tt.want == fact.PortOpen) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestObserveDatagrams plays the UDP services: each gets one packet.
func TestObserveDatagrams(t *testing.T) {
	t.Parallel()
	answers := map[int]string{
		123:   unhex("168200010000000000000000"),
		1900:  "HTTP/1.1 200 OK\r\n\r\n",
		389:   unhex("300c02010164070400300030003000"),
		11211: "CS\x00\x00\x00\x01\x00\x00VERSION 1.6.18\r\n",
		623:   unhex("0600ff0700000000000000000010"),
		137:   "CS\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00",
		47808: unhex("810a0014010030c50c0c023fffff194b3ec4020000013f"),
		161:   string(der(0x30, join([]byte{2, 1, 1}, der(4, []byte("public")), der(0xa2, []byte{2, 1, 1, 2, 1, 0, 2, 1, 0, 0x30, 0})))),
	}
	for _, d := range datagrams {
		t.Run(d.protocol, func(t *testing.T) {
			t.Parallel()
			conn, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
			packets := make(chan string, 10)
			go answerPackets(conn, answers[d.number], packets)
			seen, _ := look(t, world(map[int]string{d.number: conn.LocalAddr().String()}), Options{Ports: []int{1234}, Patience: 2 * time.Second})
			if got := udpPort(t, seen, d.number); got.State != fact.PortOpen || got.Protocol != d.protocol {
				t.Errorf("got %+v", got)
			}
			if first := <-packets; first != string(d.packet) || len(packets) != 0 {
				t.Errorf("sent %x and %d more packets, want %x alone", first, len(packets), d.packet)
			}
		})
	}
}

func answerPackets(conn net.PacketConn, answer string, packets chan<- string) {
	buffer := make([]byte, 4096)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		packets <- string(buffer[:n])
		_, _ = conn.WriteTo([]byte(answer), from)
	}
}
