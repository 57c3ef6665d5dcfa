// SPDX-License-Identifier: Apache-2.0

package starttls

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"carescan/scanner/probes/internal/debian"
)

// patience bounds one dialogue of a test.
const patience = 10 * time.Second

// upgrade brings a connection to a port to TLS, and shakes hands over it.
func upgrade(t *testing.T, port string, protocol Protocol, id debian.Identity) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := Upgrade(ctx, conn, protocol, "srv.chu.test"); err != nil {
		return err
	}
	secure := tls.Client(conn, &tls.Config{ServerName: "srv.chu.test", RootCAs: id.Roots})
	if err := secure.HandshakeContext(ctx); err != nil {
		t.Fatalf("shake hands over %s: %v", protocol, err)
	}
	return nil
}

// agrees wants TLS from a server, and a well-formed refusal from another.
func agrees(t *testing.T, protocol Protocol, id debian.Identity, with, without string) {
	t.Helper()
	if err := upgrade(t, with, protocol, id); err != nil {
		t.Errorf("with a certificate: %v", err)
	}
	err := upgrade(t, without, protocol, id)
	if _, ok := errors.AsType[*NotOffered](err); !ok {
		t.Errorf("without a certificate: got %v, want NotOffered", err)
	}
}

func identity(t *testing.T) debian.Identity {
	t.Helper()
	return debian.NewIdentity(t, debian.Folder(t), "srv.chu.test")
}

func TestPostfix(t *testing.T) {
	t.Parallel()
	id := identity(t)
	with := debian.Postfix(t, "smtpd_tls_security_level = may", "smtpd_tls_cert_file = "+id.CertFile, "smtpd_tls_key_file = "+id.KeyFile)
	agrees(t, SMTP, id, with, debian.Postfix(t))
}

func TestDovecot(t *testing.T) {
	t.Parallel()
	id := identity(t)
	imapTLS, popTLS := debian.Dovecot(t, "ssl = yes", "ssl_cert = <"+id.CertFile, "ssl_key = <"+id.KeyFile)
	imapClear, popClear := debian.Dovecot(t, "ssl = no")
	agrees(t, IMAP, id, imapTLS, imapClear)
	agrees(t, POP3, id, popTLS, popClear)
}

func TestSlapd(t *testing.T) {
	t.Parallel()
	id := identity(t)
	certificate := fmt.Sprintf("TLSCertificateFile %s\nTLSCertificateKeyFile %s\n", id.CertFile, id.KeyFile)
	agrees(t, LDAP, id, slapd(t, certificate), slapd(t, ""))
}

func slapd(t *testing.T, settings string) string {
	t.Helper()
	program := debian.Program(t, "/usr/sbin/slapd", "slapd")
	folder, port := debian.Folder(t), debian.Port(t)
	conf := debian.Write(t, folder, "slapd.conf", "include /etc/ldap/schema/core.schema\npidfile "+folder+"/pid\n"+settings)
	debian.Start(t, exec.Command(program, "-f", conf, "-h", "ldap://127.0.0.1:"+port+"/", "-d", "0"), port)
	return port
}

func TestVsftpd(t *testing.T) {
	t.Parallel()
	id := identity(t)
	certificate := fmt.Sprintf("ssl_enable=YES\nrsa_cert_file=%s\nrsa_private_key_file=%s\n", id.CertFile, id.KeyFile)
	agrees(t, FTP, id, vsftpd(t, certificate), vsftpd(t, ""))
}

func vsftpd(t *testing.T, settings string) string {
	t.Helper()
	program := debian.Program(t, "/usr/sbin/vsftpd", "vsftpd")
	debian.Root(t, "vsftpd")
	folder, port := debian.Folder(t), debian.Port(t)
	jail := filepath.Join(folder, "jail")
	if err := os.Mkdir(jail, 0o555); err != nil {
		t.Fatal(err)
	}
	conf := debian.Write(t, folder, "vsftpd.conf", "listen=YES\nlisten_address=127.0.0.1\nlisten_port="+port+
		"\nbackground=NO\nlocal_enable=YES\nanonymous_enable=NO\nseccomp_sandbox=NO\nsecure_chroot_dir="+jail+"\n"+settings)
	debian.Start(t, exec.Command(program, conf), port)
	return port
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	id := identity(t)
	debian.Root(t, "the test, to become another account,")
	agrees(t, PostgreSQL, id, postgres(t, &id), postgres(t, nil))
}

func postgres(t *testing.T, id *debian.Identity) string {
	t.Helper()
	server := debian.File(t, "/usr/lib/postgresql/*/bin/postgres", "postgresql")
	folder, port := debian.Folder(t), debian.Port(t)
	account := debian.Give(t, "postgres", folder)
	data := filepath.Join(folder, "data")
	as := func(command *exec.Cmd) *exec.Cmd {
		command.Dir, command.SysProcAttr = folder, &syscall.SysProcAttr{Credential: &account}
		return command
	}
	initdb := as(exec.Command(filepath.Join(filepath.Dir(server), "initdb"), "-D", data, "-A", "trust", "--no-sync"))
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	arguments := []string{"-D", data, "-p", port, "-c", "listen_addresses=127.0.0.1", "-k", folder}
	if id != nil {
		debian.Give(t, "postgres", id.CertFile, id.KeyFile)
		arguments = append(arguments, "-c", "ssl=on", "-c", "ssl_cert_file="+id.CertFile, "-c", "ssl_key_file="+id.KeyFile)
	}
	debian.Start(t, as(exec.Command(server, arguments...)), port)
	return port
}

func TestMariaDB(t *testing.T) {
	t.Parallel()
	id := identity(t)
	agrees(t, MySQL, id, mariadb(t, "--ssl-cert="+id.CertFile, "--ssl-key="+id.KeyFile), mariadb(t))
}

func mariadb(t *testing.T, settings ...string) string {
	t.Helper()
	program := debian.Program(t, "/usr/sbin/mariadbd", "mariadb-server")
	debian.Root(t, "the test, to let mariadbd become root,")
	folder, port := debian.Folder(t), debian.Port(t)
	arguments := append([]string{
		"--no-defaults", "--user=root", "--datadir=" + folder, "--socket=" + filepath.Join(folder, "socket"), "--port=" + port,
		"--bind-address=127.0.0.1", "--skip-grant-tables", "--skip-networking=0", "--skip-innodb", "--default-storage-engine=MyISAM",
	}, settings...)
	debian.Start(t, exec.Command(program, arguments...), port)
	return port
}
