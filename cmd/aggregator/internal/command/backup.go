// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"carescan/cmd/aggregator/internal/backup"
	"carescan/cmd/aggregator/internal/config"
	"carescan/cmd/aggregator/internal/evidence"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/settings"
)

func (a *app) backup() *cobra.Command {
	return &cobra.Command{
		Use: "backup FILE PUBLIC-KEYS", Args: cobra.ExactArgs(2),
		Short: a.say("Copie toute la région, clés comprises, dans un fichier neuf, chiffré pour les clés publiques age d'un autre, sans rien arrêter",
			"Copy the whole region, keys included, into a new file, encrypted for the age public keys of another, stopping nothing"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.inRegion(func(ctx context.Context, r *region) error { return a.writeBackup(ctx, r, args[0], args[1]) })(c, nil)
		},
	}
}

func (a *app) writeBackup(ctx context.Context, r *region, to, keys string) (err error) {
	recipients, err := readRecipients(keys)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return &cli.Problem{
			Sentence: settings.Say("le fichier %s existe déjà : une sauvegarde n'en remplace aucun", "file %s exists: a backup replaces none", to),
			Hint:     scanner.Text{FR: "donnez un autre nom, par exemple avec la date", EN: "give another name, with the date for example"},
		}
	}
	file, err := os.CreateTemp(filepath.Dir(to), ".backup-*")
	if err != nil {
		return noRoom(to, err)
	}
	defer os.Remove(file.Name()) // gone already once linked
	manifest, err := r.saved().Write(ctx, file, time.Now(), recipients...)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return noRoom(to, err)
	}
	if err := os.Link(file.Name(), to); err != nil {
		return noRoom(to, err)
	}
	a.tell("Région sauvegardée dans %s : %d fichiers, %d Mo avant compression. Essayez-la avec « carescan-aggregator restore --check ».",
		"Region saved in %s: %d files, %d MB before compression. Try it with carescan-aggregator restore --check.", to, len(manifest.Entries), manifest.Size()>>20)
	return nil
}

func noRoom(to string, cause error) error {
	if problem, ok := errors.AsType[*cli.Problem](cause); ok {
		return problem
	}
	return &cli.Problem{
		Sentence: settings.Say("la sauvegarde %s n'a pas pu être écrite ; il n'en reste rien", "backup %s could not be written; nothing of it is left", to),
		Hint:     scanner.Text{FR: "vérifiez la place et les droits de ce dossier, et ceux du dossier de données", EN: "check the room and the rights of that folder, and those of the data folder"},
		Cause:    cause,
	}
}

func readRecipients(path string) ([]age.Recipient, error) {
	file, err := os.Open(path)
	if err == nil {
		defer file.Close()
		var list []age.Recipient
		if list, err = age.ParseRecipients(file); err == nil {
			return list, nil
		}
	}
	return nil, &cli.Problem{
		Sentence: settings.Say("les clés publiques du fichier %s ne sont pas lisibles", "the public keys of file %s cannot be read", path),
		Hint: scanner.Text{
			FR: "écrivez une clé par ligne, de la forme age1… ; « age-keygen » en fait, et deux personnes devraient en tenir une chacune",
			EN: "write one key a line, of the form age1…; age-keygen makes them, and two people should hold one each",
		},
		Cause: err,
	}
}

func (a *app) restore() *cobra.Command {
	var check bool
	command := &cobra.Command{
		Use: "restore FILE PRIVATE-KEY", Args: cobra.ExactArgs(2),
		Short: a.say("Refait la région d'une sauvegarde dans un dossier de données vide, après l'avoir prouvée", "Make the region of a backup again in an empty data folder, after having proven it"),
		RunE: func(c *cobra.Command, args []string) error {
			loaded, err := config.Load(c.Flags())
			if err != nil {
				return badSettings(err)
			}
			return a.readBackup(c.Context(), args[0], args[1], loaded.Data, check)
		},
	}
	command.Flags().BoolVar(&check, "check", false, a.say("prouver la sauvegarde, sans rien garder", "prove the backup, and keep nothing"))
	return command
}

func (a *app) readBackup(ctx context.Context, path, identity, folder string, check bool) error {
	identities, err := readIdentities(identity)
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return refusedBackup(path, folder, err)
	}
	defer file.Close()
	if check {
		manifest, err := backup.Check(ctx, file, identities...)
		if err != nil {
			return refusedBackup(path, folder, err)
		}
		a.tellBackup("Sauvegarde prouvée", "Backup proven", manifest)
		return nil
	}
	manifest, err := backup.Restore(ctx, file, folder, identities...)
	if err != nil {
		return refusedBackup(path, folder, err)
	}
	a.tellBackup("Région refaite dans "+folder, "Region made again in "+folder, manifest)
	a.tell("Lancez « serve » : chaque agent renverra de lui-même, à son prochain envoi, ce qu'il a livré depuis. « doctor » et la page Agents nomment ce qui manque.",
		"Start serve: each agent sends again by itself, with its next bundle, what it delivered since. doctor and the page Agents name what is missing.")
	return nil
}

func (a *app) tellBackup(fr, en string, m backup.Manifest) {
	a.tell(fr+" : %d fichiers, faite le %s par %s ; base entière, chaque dossier scellé conforme à son empreinte.",
		en+": %d files, made on %s by %s; the database is whole, each sealed bundle matches its digest.",
		len(m.Entries), m.MadeAt.Format(time.RFC3339), m.Software)
}

func readIdentities(path string) ([]age.Identity, error) {
	if err := cli.CheckRights(path, fs.ModePerm&^0o600); err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err == nil {
		defer file.Close()
		var list []age.Identity
		if list, err = age.ParseIdentities(file); err == nil {
			return list, nil
		}
		err = errors.New("no key in it") // a cause that could quote a secret is not told
	}
	return nil, &cli.Problem{
		Sentence: settings.Say("la clé privée du fichier %s n'est pas lisible", "the private key of file %s cannot be read", path),
		Hint:     scanner.Text{FR: "donnez le fichier que « age-keygen » a écrit", EN: "give the file that age-keygen wrote"},
		Cause:    err,
	}
}

// refusedBackup says why a backup makes no region.
func refusedBackup(path, folder string, cause error) error {
	says := func(fr, en, doFR, doEN string) error {
		return &cli.Problem{
			Sentence: settings.Say("la sauvegarde %s est refusée : "+fr, "backup %s is refused: "+en, path),
			Hint:     scanner.Text{FR: doFR, EN: doEN}, Cause: cause,
		}
	}
	switch {
	case errors.Is(cause, backup.ErrOtherKey):
		return says("elle est chiffrée pour d'autres clés que la vôtre", "it is encrypted for other keys than yours",
			"donnez une clé privée dont la partie publique fut donnée à « backup »", "give a private key whose public part was given to backup")
	case errors.Is(cause, evidence.ErrAltered):
		return says("son journal de preuves n'est pas celui que la région a signé, et rien n'en a été gardé", "its evidence log is not the one that the region signed, and nothing of it was kept",
			"gardez ce fichier, et prenez une sauvegarde plus ancienne", "keep that file, and take an older backup")
	case errors.Is(cause, backup.ErrDamaged):
		return says("elle est abîmée ou incomplète, et rien n'en a été gardé", "it is damaged or incomplete, and nothing of it was kept",
			"prenez une autre copie de ce fichier, ou une sauvegarde plus ancienne", "take another copy of that file, or an older backup")
	case errors.Is(cause, backup.ErrOccupied):
		return &cli.Problem{
			Sentence: settings.Say("le dossier %s n'est pas vide : une région ne s'écrit pas par-dessus une autre", "folder %s is not empty: no region is written over another", folder),
			Hint:     scanner.Text{FR: "donnez un dossier vide avec --data", EN: "give an empty folder with --data"},
		}
	}
	return &cli.Problem{
		Sentence: settings.Say("la sauvegarde %s n'a pas pu être lue", "backup %s could not be read", path),
		Hint:     scanner.Text{FR: "vérifiez le chemin, les droits et la place libre", EN: "check the path, the rights and the free room"},
		Cause:    fmt.Errorf("restore: %w", cause),
	}
}
