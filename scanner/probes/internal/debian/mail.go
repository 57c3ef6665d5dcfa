// SPDX-License-Identifier: Apache-2.0

package debian

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const postfixMain = `
compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
myhostname = mx1.chu.test
mydestination = chu.test
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_relay_restrictions = reject_unauth_destination
`

// The services of master.cf that receiving needs; nothing delivers.
const postfixMaster = `
127.0.0.1:%s inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
`

// Postfix runs a Postfix with more settings, and gives its port.
func Postfix(t testing.TB, settings ...string) string {
	t.Helper()
	master := Program(t, "/usr/lib/postfix/sbin/master", "postfix")
	Root(t, "postfix")
	folder, port := Folder(t), Port(t)
	Write(t, folder, "main.cf", fmt.Sprintf(postfixMain, folder)+strings.Join(settings, "\n")+"\n")
	Write(t, folder, "master.cf", fmt.Sprintf(postfixMaster, port))
	for _, name := range []string{"data", "queue/public", "queue/private", "queue/incoming", "queue/active", "queue/deferred", "queue/hold", "queue/maildrop"} {
		must(t, os.MkdirAll(filepath.Join(folder, name), 0o755)) //nolint:gosec // a folder of a test
		Give(t, "postfix", filepath.Join(folder, name))
	}
	must(t, os.MkdirAll(filepath.Join(folder, "queue/pid"), 0o755)) //nolint:gosec // a folder of a test
	Start(t, exec.CommandContext(context.Background(), master, "-c", folder, "-d"), port)
	return port
}

const dovecotConf = `
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
listen = 127.0.0.1, 127.0.0.2
protocols = imap pop3
passdb {
  driver = static
  args = nopassword=y
}
service imap-login {
  inet_listener imap {
    port = %[2]s
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  inet_listener pop3 {
    port = %[3]s
  }
  inet_listener pop3s {
    port = 0
  }
}
`

// Dovecot runs a Dovecot with more settings, and gives its ports on 127.0.0.1 and
// on 127.0.0.2: there only, it does not take the test for a local client.
func Dovecot(t testing.TB, settings ...string) (imap, pop3 string) {
	t.Helper()
	program := Program(t, "/usr/sbin/dovecot", "dovecot-imapd dovecot-pop3d")
	Root(t, "dovecot")
	folder := Folder(t)
	imap, pop3 = Port(t), Port(t)
	conf := Write(t, folder, "dovecot.conf", fmt.Sprintf(dovecotConf, folder, imap, pop3)+strings.Join(settings, "\n")+"\n")
	Start(t, exec.CommandContext(context.Background(), program, "-F", "-c", conf), imap, pop3)
	return imap, pop3
}
