// SPDX-License-Identifier: Apache-2.0

package distribution

import "testing"

func TestOf(t *testing.T) {
	cases := map[string]struct{ announced, name, release string }{
		"debian_nginx":       {"nginx/1.22.1 (Debian)", "debian", "12"},
		"lower_case":         {"nginx/1.22.1 (debian)", "debian", "12"},
		"plain_nginx":        {"nginx/1.22.1", "", ""},
		"debian_ssh":         {"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3", "debian", "12"},
		"debian_ssh_no_mark": {"SSH-2.0-OpenSSH_8.4p1 Debian-5", "debian", "11"},
		"ubuntu_ssh":         {"SSH-2.0-OpenSSH_8.9p1 Ubuntu-3ubuntu0.10", "ubuntu", "22.04"},
		"ubuntu_shared":      {"nginx/1.18.0 (Ubuntu)", "ubuntu", ""},
		"plain_ssh":          {"SSH-2.0-OpenSSH_9.2p1", "", ""},
		"debian_apache":      {"Apache/2.4.57 (Debian) OpenSSL/3.0.9", "debian", "12"},
		"debian_of_two":      {"Apache/2.4.62 (Debian)", "debian", ""},
		"red_hat":            {"Apache/2.4.37 (Red Hat Enterprise Linux) OpenSSL/1.1.1k", "rhel", "8"},
		"red_hat_old":        {"Apache/2.2.15 (Red Hat)", "rhel", "6"},
		"centos":             {"Apache/2.4.6 (CentOS) OpenSSL/1.0.2k-fips PHP/5.4.16", "centos", "7"},
		"rocky":              {"Apache/2.4.62 (Rocky Linux)", "rocky-linux", "9"},
		"unix":               {"Apache/2.4.49 (Unix)", "", ""},
		"windows":            {"Apache/2.4.58 (Win64)", "", ""},
		"mariadb":            {"5.5.5-10.11.6-MariaDB-0+deb12u1", "debian", "12"},
		"mysql_ubuntu":       {"8.0.36-0ubuntu0.22.04.1", "ubuntu", "22.04"},
		"php_ubuntu":         {"PHP/7.2.24-0ubuntu0.18.04.17", "ubuntu", "18.04"},
		"php_of_a_third":     {"PHP/8.2.10-1+0~20230902.12+debian12~1.gbp9ff7c2", "", ""},
		"postfix":            {"220 mail.chu.test ESMTP Postfix (Debian/GNU)", "debian", ""},
		"host_called_so":     {"220 ubuntu.chu.test ESMTP Exim 4.96 debian", "", ""},
		"windows_2022":       {"SSH-2.0-OpenSSH_for_Windows_8.1", "windows-server", "2022"},
		"windows_apart":      {"SSH-2.0-OpenSSH_for_Windows_9.8 Win32-OpenSSH-GitHub", "windows-server", ""},
		"rpm":                {"OpenSSH 8.0p1-19.el8_9", "rhel", "8"},
		"empty":              {"", "", ""},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			if name, release := Of(tt.announced); name != tt.name || release != tt.release {
				t.Errorf("Of(%q) = %q, %q, want %q, %q", tt.announced, name, release, tt.name, tt.release)
			}
		})
	}
}

func FuzzOf(f *testing.F) {
	f.Add("Apache/2.4.57 (Debian) OpenSSL/3.0.9")
	f.Add("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3")
	f.Fuzz(func(t *testing.T, announced string) {
		if name, release := Of(announced); release != "" && name == "" {
			t.Errorf("release %q of nothing", release)
		}
	})
}
