import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { access, chmod, constants, cp, lstat, mkdir, open, readFile, readdir, readlink, realpath, rename, rm, rmdir, stat, statfs, symlink, writeFile } from "node:fs/promises";
import { hostname, machine, release, tmpdir, userInfo } from "node:os";
import { constants as constants$1, createGunzip, createZstdDecompress } from "node:zlib";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { constants as constants$2, readFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import * as os from "os";
import * as crypto from "crypto";
import * as fs from "fs";
import * as path from "path";
import { ok } from "assert";
import http from "node:http";
// \0rolldown/runtime.js
var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __commonJSMin = (cb, mod) => () => (mod || (cb((mod = { exports: {} }).exports, mod, mod.exports), cb = null), mod.exports);
var __copyProps = (to, from, except, desc) => {
	if (from && typeof from === "object" || typeof from === "function") for (var keys = __getOwnPropNames(from), i = 0, n = keys.length, key; i < n; i++) {
		key = keys[i];
		if (!__hasOwnProp.call(to, key) && key !== except) __defProp(to, key, {
			get: ((k) => from[k]).bind(null, key),
			enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable
		});
	}
	return to;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(isNodeMode || !mod || !mod.__esModule || !__hasOwnProp.call(mod, "default") ? __defProp(target, "default", {
	value: mod,
	enumerable: true
}) : target, mod));
var __require = /* #__PURE__ */ (() => createRequire(import.meta.url))();
// src/errorcode.ts
/**
* The names of everything that can go wrong, and the exit code that each stands for: 2 where an input or the description
* has to be changed, 1 where the machine, the network or somebody's service has to. What each means and what helps stands
* in docs/errors.md, with the test that brings it about; a test compares this list with that one.
*/
const errorCodes = {
	input: 2,
	description: 2,
	"host-root": 1,
	"host-tools": 1,
	"host-packages": 1,
	"host-kiwi": 1,
	"host-python": 1,
	"host-kernel": 1,
	"host-namespace": 1,
	"host-devices": 1,
	"host-space": 1,
	"host-folder": 1,
	"host-disk": 1,
	"host-mirror": 1,
	"host-mirror-table": 1,
	"host-docker": 1,
	"host-storage": 1,
	"host-destination": 2,
	"host-logins": 1,
	"host-metadata": 1,
	"host-leftovers": 1,
	"host-handover": 1,
	"command-missing": 1,
	"command-exit": 1,
	"command-signal": 1,
	"command-timeout": 1,
	"command-idle": 1,
	"command-canceled": 1,
	"registry-helper": 1,
	"registry-space": 1,
	"registry-policy": 1,
	"registry-plain-http": 2,
	"registry-certificate": 1,
	"registry-host": 2,
	"registry-refused": 1,
	"registry-silent": 1,
	"registry-rate": 1,
	"registry-login": 1,
	"registry-realm": 1,
	"registry-hidden": 2,
	"registry-denied": 1,
	"registry-missing": 2,
	"registry-size": 1,
	"registry-several": 2,
	"registry-unnamed": 2,
	"registry-no-registry": 1,
	"registry-zstd": 2,
	"registry-namespace": 1,
	"registry-trouble": 1,
	"registry-broken": 1,
	"registry-still": 1,
	"registry-other": 1,
	"registry-damaged": 1,
	"registry-read-back": 1,
	"registry-platform": 2,
	"registry-unfit": 2,
	"registry-archive": 2,
	"registry-engine": 1,
	"image-document": 2,
	"image-invalid": 2,
	"image-layer": 2,
	"image-damaged": 1,
	"kiwi-failed": 1,
	"kiwi-size": 2,
	"kiwi-no-disk": 2,
	"kiwi-result": 1,
	"kiwi-initrd": 2,
	"filesystem-space": 1,
	"filesystem-read-only": 1,
	"filesystem-denied": 1,
	"filesystem-name": 1,
	"filesystem-open-files": 1,
	"filesystem-input-output": 1,
	"filesystem-folder": 1,
	canceled: 1,
	bug: 1
};
// src/filesystemfault.ts
const SPACE = {
	code: "filesystem-space",
	message: "no space is left: free some, or set work-dir to a folder on a larger file system"
};
const DENIED = {
	code: "filesystem-denied",
	message: "the right to it is missing: give it, or name another folder with work-dir"
};
const NO_FOLDER = {
	code: "filesystem-folder",
	message: "no folder can be made there: name another place"
};
const OPEN_FILES = {
	code: "filesystem-open-files",
	message: "too many files are open: raise the limit (ulimit -n)"
};
/** By what errno(3) calls it. */
const FAULTS = {
	ENOSPC: SPACE,
	EDQUOT: SPACE,
	EROFS: {
		code: "filesystem-read-only",
		message: "the file system is read-only: set work-dir to a folder that can be written"
	},
	EACCES: DENIED,
	EPERM: DENIED,
	ENAMETOOLONG: {
		code: "filesystem-name",
		message: "the name is too long for the file system: use a shorter one"
	},
	EMFILE: OPEN_FILES,
	ENFILE: OPEN_FILES,
	EIO: {
		code: "filesystem-input-output",
		message: "the disk or share below it fails: see what the kernel says of it (dmesg), and use another"
	}
};
/** Whether the system says by this name (errno(3)) that the disk is full or the quota used up. */
function isSpaceCode(code) {
	return FAULTS[code] === SPACE;
}
/** @returns undefined where the error is none of a file, or one that we should have kept from coming up */
function filesystemFault(error) {
	const { code = "", path, syscall } = error;
	const fault = syscall === "mkdir" && code === "ENOENT" ? NO_FOLDER : FAULTS[code];
	if (fault === void 0) return void 0;
	if (path === void 0) return fault === DENIED ? void 0 : fault;
	return {
		code: fault.code,
		message: `${path}: ${fault.message}`
	};
}
// src/plainline.ts
/**
* A text that may quote somebody else's words as one line that moves no cursor: without colours, ends of lines and control
* characters, and without the marks that turn the direction of what follows (Unicode TR9), which show another text than
* there is. NEL is among them, which .NET and with it the runner takes for a blank.
*/
function plainLine(text) {
	return stripVTControlCharacters(text).replaceAll(/[\r\n]+/g, " ").replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, " ");
}
// src/errors.ts
/**
* The error taxonomy. The message of each is one line: what failed, why, what to do. `detail` holds what belongs
* into a folded group under it, `code` its name in docs/errors.md. Whatever else is thrown is our bug, and `describeError` says so.
*/
var KnownError = class extends Error {
	/** Lines for a folded group below the message, none by default. */
	detail = [];
};
/** Its message has a line for each of its problems. */
var ProblemsError = class extends KnownError {
	problems;
	constructor(problems) {
		super(problems.map(({ where, text }) => plainLine(`${where}: ${text}`)).join("\n"));
		this.problems = problems;
	}
};
/** The user edits the workflow or the command line. May carry problems of the description found in the same look. */
var InputError = class extends ProblemsError {
	name = "InputError";
	code = "input";
};
/** The user edits the description. */
var DescriptionError = class extends ProblemsError {
	name = "DescriptionError";
	code = "description";
};
/** The machine lacks something: a tool, a right, space. */
var HostError = class extends KnownError {
	name = "HostError";
	code;
	/** @param lack what is missing, @param remedy how to get it */
	constructor(code, lack, remedy) {
		super(`${lack}: ${remedy}`);
		this.code = code;
	}
};
/** Several things that the machine lacks, found in one look: a line each. */
var HostErrors = class extends KnownError {
	name = "HostErrors";
	code;
	lacks;
	constructor(first, ...others) {
		const lacks = [first, ...others];
		super(lacks.map((lack) => lack.message).join("\n"));
		this.code = first.code;
		this.lacks = lacks;
	}
};
/** One error for all that is lacking; undefined where nothing is. */
function hostError([first, ...others]) {
	return first === void 0 || others.length === 0 ? first : new HostErrors(first, ...others);
}
/** A program failed. */
var CommandError = class extends KnownError {
	name = "CommandError";
	code;
	program;
	args;
	outcome;
	/** The last lines it printed, newest last; at most 40. */
	lastLines;
	detail;
	constructor(program, args, outcome, lastLines) {
		super(commandMessage(knownAs(program, args), outcome, lastLines));
		this.code = `command-${outcome.kind}`;
		this.program = program;
		this.args = args;
		this.outcome = outcome;
		this.lastLines = lastLines;
		this.detail = outcome.kind === "canceled" ? [] : [[program, ...args].join(" "), ...lastLines];
	}
};
/** Whether the program was ended by what ends all of a job: then it says nothing of the machine. */
function wasAskedToEnd({ outcome }) {
	return outcome.kind === "canceled" || outcome.kind === "signal" && /^SIG(?:INT|TERM|HUP)$/.test(outcome.signal);
}
/** What the user knows it as: the program behind sudo and env. */
function knownAs(program, args) {
	return [program, ...args].find((word) => !/^(sudo|env|-.*|\w+=.*)$/.test(word)) ?? program;
}
function commandMessage(program, outcome, lastLines) {
	const last = lastLines.findLast((line) => line.trim() !== "");
	const because = last === void 0 ? "" : `: ${last.trim()}`;
	switch (outcome.kind) {
		case "exit": return `${program} failed with exit code ${outcome.code}${because}`;
		case "signal": return `${program} was ended by ${outcome.signal}${because}`;
		case "timeout": return `${program} gave no result within ${outcome.seconds} s and was ended${because}`;
		case "idle": return `${program} neither read nor wrote anything for ${outcome.seconds} s and was ended${because}`;
		case "canceled": return `${program} was ended because the job was canceled`;
		case "missing": return `${program} is not installed or not on the PATH: install it, or let kiwi-oci do so with install-tools`;
	}
}
/** Shows any thrown value. */
function describeError(thrown) {
	const { code, message, detail = [] } = told(thrown);
	return {
		code,
		message,
		detail,
		exitCode: errorCodes[code]
	};
}
function told(thrown) {
	if (thrown instanceof KnownError) return thrown;
	const error = thrown instanceof Error ? thrown : new Error(String(thrown));
	const filesystem = filesystemFault(error);
	if (filesystem !== void 0) return filesystem;
	if (error.name === "AbortError") return {
		code: "canceled",
		message: "the job was canceled"
	};
	return {
		code: "bug",
		message: `${error.message} (a bug in kiwi-oci: please report it with the lines below)`,
		detail: (error.stack ?? "").split("\n")
	};
}
/** As strerror(3) says ENOSPC and EDQUOT, in what a program prints. */
const NO_SPACE = /no space left on device|disk quota exceeded/i;
/** Whether the disk is full or the quota used up: said by the system, or by a program that failed of it. */
function lacksSpace(error) {
	if (error instanceof CommandError) return error.lastLines.some((line) => NO_SPACE.test(line));
	return error instanceof Error && "code" in error && isSpaceCode(String(error.code));
}
/** A full disk as what it means to the user; any other error as it is. */
function spaceError(error, folder) {
	if (!lacksSpace(error)) return error;
	return new HostError("host-space", `no space is left in ${folder}`, "free some, or choose another place with work-dir, export or TMPDIR");
}
// src/host/distribution.ts
const FAMILIES = [
	{
		ids: ["ubuntu"],
		packages: "ubuntu"
	},
	{
		ids: ["debian"],
		packages: "debian"
	},
	{
		ids: [
			"fedora",
			"rhel",
			"centos"
		],
		packages: "fedora"
	},
	{
		ids: [
			"suse",
			"opensuse",
			"sles"
		],
		packages: "suse"
	}
];
const INSTALLERS = {
	debian: "apt",
	fedora: "dnf",
	suse: "zypper"
};
/**
* The distribution that an os-release text names by `ID`, else by `ID_LIKE`.
*
* @param osRelease the text of /etc/os-release; os-release(5) has the format
* @returns undefined where neither is one whose package names we know
*/
function distribution(osRelease) {
	const fields = osReleaseFields(osRelease);
	const id = fields.get("ID") ?? "linux";
	const packages = [id, ...(fields.get("ID_LIKE") ?? "").split(/\s+/)].map((name) => FAMILIES.find((family) => family.ids.includes(name))).find((family) => family !== void 0)?.packages;
	if (packages === void 0) return void 0;
	const family = packages === "ubuntu" ? "debian" : packages;
	const codename = fields.get("UBUNTU_CODENAME") || fields.get("VERSION_CODENAME");
	const versionId = fields.get("VERSION_ID");
	return {
		id,
		family,
		packages,
		installer: INSTALLERS[family],
		...versionId ? { versionId } : {},
		...codename ? { codename } : {}
	};
}
/**
* Reads which distribution this machine runs.
*
* @param root where the machine's file tree starts
* @returns undefined where there is no os-release file, or one that we do not know
*/
async function readDistribution(root = "/") {
	for (const file of ["etc/os-release", "usr/lib/os-release"]) {
		const text = await readFile(join(root, file), "utf8").catch(() => void 0);
		if (text !== void 0) return distribution(text);
	}
}
function osReleaseFields(text) {
	const fields = /* @__PURE__ */ new Map();
	for (const line of text.split("\n")) {
		const [, key, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.trim()) ?? [];
		if (key !== void 0 && value !== void 0) fields.set(key, unquoted(value));
	}
	return fields;
}
function unquoted(value) {
	const [, , inner] = /^(["'])(.*)\1$/.exec(value) ?? [];
	return (inner ?? value).replace(/\\([\\"'$`])/g, "$1");
}
// src/disk/format.ts
const SECTOR_BYTES = 512;
const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
/** The formats a disk can have in an image, in the order to name them. */
const DISK_FORMATS$1 = {
	qcow2: {
		extension: "qcow2",
		driver: "qcow2",
		defaults: [
			"compat=1.1",
			"cluster_size=65536",
			"lazy_refcounts=off"
		],
		fixed: [],
		unitBytes: SECTOR_BYTES
	},
	raw: {
		extension: "raw",
		driver: "raw",
		defaults: [],
		fixed: [],
		unitBytes: SECTOR_BYTES,
		whole: true
	},
	vmdk: {
		extension: "vmdk",
		driver: "vmdk",
		defaults: [],
		fixed: [],
		unitBytes: 64 * KIBIBYTE
	},
	vdi: {
		extension: "vdi",
		driver: "vdi",
		defaults: [],
		fixed: [],
		unitBytes: SECTOR_BYTES
	},
	vhd: {
		extension: "vhd",
		driver: "vpc",
		defaults: [],
		fixed: [],
		unitBytes: SECTOR_BYTES
	},
	vhdx: {
		extension: "vhdx",
		driver: "vhdx",
		defaults: [],
		fixed: ["subformat=dynamic"],
		unitBytes: 4 * KIBIBYTE
	},
	"vhd-fixed": {
		extension: "vhdfixed",
		driver: "vpc",
		defaults: ["force_size=on"],
		fixed: ["subformat=fixed"],
		unitBytes: MEBIBYTE,
		whole: true
	},
	gce: {
		extension: "tar.gz",
		driver: "raw",
		defaults: [],
		fixed: [],
		unitBytes: 1024 * MEBIBYTE,
		packed: true
	},
	ova: {
		extension: "ova",
		driver: "vmdk",
		defaults: [],
		fixed: ["subformat=streamOptimized"],
		unitBytes: 64 * KIBIBYTE,
		packed: true
	}
};
const DISK_FORMAT_NAMES = Object.keys(DISK_FORMATS$1);
function isDiskFormat(text) {
	return Object.hasOwn(DISK_FORMATS$1, text);
}
function diskFormat(format) {
	return DISK_FORMATS$1[format];
}
/** Whether the bytes of a conversion are made by qemu-img's options: KIWI hands none to raw and gce. */
function takesOptions(format) {
	return diskFormat(format).driver !== "raw";
}
// src/kiwi/arguments.ts
const OURS = "is set by kiwi-oci";
const NO_BUILD = "builds nothing: leave it out";
/** Options that we set, or that would take the build out of our hands: why, and what to use instead. */
const RESERVED$1 = {
	"--description": `${OURS}: use the input description`,
	"--kiwi-file": `${OURS}: name the file in the input description`,
	"--target-dir": `${OURS}: name another place with the input work-dir`,
	"--temp-dir": `${OURS}: name another place with the input work-dir`,
	"--shared-cache-dir": `${OURS}: leave it out`,
	"--logfile": `${OURS}: leave it out, the log is kept`,
	"--type": `${OURS}: use the input type`,
	"--profile": `${OURS}: use the input profiles`,
	"--allow-existing-root": "has no use, each build has a folder of its own: leave it out",
	"--set-container-derived-from": "does not reach the image: use the input base-image",
	"--set-container-tag": "does not reach the image: use the input tags",
	"--add-container-label": "does not reach the image: use the input labels",
	"--debug-run-scripts-in-screen": "needs a terminal: leave it out, or use --debug",
	"--compat": "speaks the arguments of KIWI 7: leave it out",
	"--install-completion": NO_BUILD,
	"--show-completion": NO_BUILD,
	"--help": NO_BUILD,
	"--version": NO_BUILD
};
const SHORT = {
	"-h": "--help",
	"-v": "--version"
};
/** Attributes of `<type>` that decide what is built, with the input for each. */
const RESERVED_ATTRIBUTES = {
	format: "format",
	image: "type",
	derived_from: "base-image"
};
/**
* What stands in the inputs `kiwi-global-arguments` or `kiwi-arguments` although it is not the user's to set, both as
* `--x=y` and as `--x`, also shortened as the docopt of KIWI 9 allows (`--desc`).
*
* @returns one sentence for each, without the input's name
*/
function reservedArguments(list) {
	return list.flatMap((argument, index) => {
		const [name = "", ...value] = argument.split("=");
		if (argument === "--") return ["'--' is no argument of KIWI: leave it out"];
		const reserved = reservedName(name);
		if (reserved !== void 0) return [`${name} ${RESERVED$1[reserved]}`];
		if (name !== "--set-type-attr") return [];
		const attribute = value[0] ?? list[index + 1]?.split("=")[0] ?? "";
		const input = RESERVED_ATTRIBUTES[attribute];
		return input === void 0 ? [] : [`--set-type-attr ${attribute}=… ${OURS}: use the input ${input}`];
	});
}
function reservedName(name) {
	const short = SHORT[name];
	if (short !== void 0) return short;
	if (!name.startsWith("--") || name.length < 4 || name === "--debug") return void 0;
	return Object.keys(RESERVED$1).find((reserved) => reserved.startsWith(name));
}
// src/kiwi/version.ts
/** The KIWI that is installed where `kiwi-version` says nothing; `requirements.ts` locks it with all it needs. */
const PINNED_VERSION = "11.1.6";
/**
* The version in what `kiwi-ng --version` prints: `KIWI (next generation) version 9.24.61`.
*
* @returns the version, or undefined when the text names none
*/
function kiwiVersionIn(output) {
	return /\bversion\s+(\d+(?:\.\d+)+)/i.exec(output)?.[1];
}
// src/oci/platform.ts
/** GOOS and GOARCH of `go tool dist list`, Go 1.25, and those of `internal/syslist` that containers are made for. */
const SYSTEMS = new Set("aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris wasip1 windows".split(" "));
const ARCHITECTURES = new Set("386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm".split(" "));
/** What `uname -m` and distributions say, in Go's words; containerd platforms/database.go. */
const OTHER_NAMES = /* @__PURE__ */ new Map([
	["x86_64", { architecture: "amd64" }],
	["x86-64", { architecture: "amd64" }],
	["aarch64", { architecture: "arm64" }],
	["i386", { architecture: "386" }],
	["i686", { architecture: "386" }],
	["armhf", {
		architecture: "arm",
		variant: "v7"
	}],
	["armel", {
		architecture: "arm",
		variant: "v6"
	}]
]);
/** What Node calls an architecture, where it is not Go's name for it; the rest is the same. */
const NODE_NAMES = /* @__PURE__ */ new Map([
	["x64", "amd64"],
	["ia32", "386"],
	["ppc64", "ppc64le"],
	["mipsel", "mipsle"]
]);
const VARIANTS = /* @__PURE__ */ new Map([
	["amd64", /^v[1-4]$/],
	["arm", /^v[5-8]$/],
	["arm64", /^v(8|8\.[1-9]|9|9\.[0-5])$/]
]);
const ANY_VARIANT = /^[a-z0-9][a-z0-9._-]*$/;
/**
* The platform that `os/architecture[/variant]` names; `x86_64` and the like become Go's names.
*
* @returns undefined when system, architecture or variant is not known
*/
function parsePlatform(text) {
	const [os = "", name = "", variant, ...rest] = text.split("/");
	const { architecture, variant: impliedVariant } = OTHER_NAMES.get(name) ?? { architecture: name };
	if (rest.length > 0 || !SYSTEMS.has(os) || !ARCHITECTURES.has(architecture)) return void 0;
	const given = variant ?? impliedVariant;
	if (given === void 0) return {
		os,
		architecture
	};
	return (VARIANTS.get(architecture) ?? ANY_VARIANT).test(given) ? {
		os,
		architecture,
		variant: given
	} : void 0;
}
/** `os/architecture[/variant]` */
function platformText(platform) {
	const { os, architecture, variant } = platform;
	return [
		os,
		architecture,
		...variant ? [variant] : []
	].join("/");
}
/** The platform of Linux on what Node calls `process.arch`. */
function machinePlatform(nodeArch) {
	if (nodeArch === "arm") return {
		os: "linux",
		architecture: "arm",
		variant: "v7"
	};
	return {
		os: "linux",
		architecture: NODE_NAMES.get(nodeArch) ?? nodeArch
	};
}
// src/oci/annotations.ts
/** Where an annotation goes, in docker's words; docs.docker.com/build/metadata/annotations. */
const ANNOTATION_LEVELS = [
	"manifest",
	"index",
	"manifest-descriptor",
	"index-descriptor"
];
const RESERVED = ["disktype", "io.github.containers.compression.zstd"];
const LEVEL = /^([a-z-]*)(?:\[([^\]]*)\])?$/;
const FORM = "write KEY=VALUE, or LEVEL:KEY=VALUE with manifest, index, manifest-descriptor or index-descriptor";
/**
* What `[LEVEL[,LEVEL]…:]KEY=VALUE` asks for, each LEVEL with an optional `[os/arch[/variant]]`; docker buildx
* build/annotations.go. Without a level it is the manifest's.
*
* @returns one for each platform that the levels name, or one sentence with the problem and what to write
*/
function parseAnnotation(text) {
	const equals = text.indexOf("=");
	const [before, value] = [text.slice(0, Math.max(0, equals)), text.slice(equals + 1)];
	const colon = before.indexOf(":");
	const key = before.slice(colon + 1).trim();
	if (equals < 0 || key === "") return `'${text}' is no annotation: ${FORM}`;
	if (colon < 0) return [{
		levels: ["manifest"],
		key,
		value
	}];
	const byPlatform = /* @__PURE__ */ new Map();
	for (const part of before.slice(0, colon).split(",")) {
		const place = parseLevel(part.trim());
		if (typeof place === "string") return `'${text}': ${place}`;
		const { level, platform } = place;
		if (level.endsWith("-descriptor") && RESERVED.includes(key)) return `'${text}': ${key} at ${level} is not free, since podman and others choose by it: leave it out`;
		const name = platform === void 0 ? "" : platformText(platform);
		const known = byPlatform.get(name);
		if (known === void 0) byPlatform.set(name, {
			levels: [level],
			...platform ? { platform } : {}
		});
		else if (!known.levels.includes(level)) known.levels.push(level);
	}
	return [...byPlatform.values()].map((place) => ({
		...place,
		key,
		value
	}));
}
function parseLevel(text) {
	const [, name = text, named] = LEVEL.exec(text) ?? [];
	const level = ANNOTATION_LEVELS.find((each) => each === name);
	if (level === void 0) return `'${text}' is no level of annotations: ${FORM}`;
	if (named === void 0) return { level };
	if (level.startsWith("index")) return `an index is for all platforms: write ${level} without [${named}]`;
	const platform = parsePlatform(named);
	return platform === void 0 ? `'${named}' is no platform: write os/architecture, such as linux/arm64` : {
		level,
		platform
	};
}
[
	"AGFzbQEAAAABMghgAn9/AGAAAGADf39/AGAFf39/f38AYAR/f39/AX9gAX8AYAV/f39/fwF/YAJ/fwF/Aw0MAwAEAAEFAgYCAAEHBQMBAAkGKQ",
	"h/AUEAC34BQgALfwFBAAt/AUEAC38BQQALfwFBAAt/AUEAC38BQQALBx4DB2lucHV0QXQDBAdkZWZsYXRlAAcGbWVtb3J5AgAIAQQMAQEKnC8M",
	"7wIBA38gAUEAIAP8CwADQCADIAZLBEAgACAGQQJ0aigCACIHBEAgBUECdEGACGogB0EJdCAGcjYCACAFQQFqIQULIAZBAWohBgwBCwsgBUECSQ",
	"RAIAUEf0GACCgCAEH/A3EFQQALIAFqQQE6AAAFIAEgBSAEEAYLQQAhAEGgGkEAQcQA/AsAA0AgACADSQRAIAAgAWotAAAiBQRAIAVBAnRBoBpq",
	"IgUgBSgCAEEBajYCAAsgAEEBaiEADAELC0EAIQVBASEAA0AgACAETQRAIAUgAEECdCIGQZwaaigCAGpBAXQhBSAGQfAaaiAFNgIAIABBAWohAA",
	"wBCwtBACEFA0AgAyAFSwRAIAEgBWotAAAiBARAIARBAnRB8BpqIgYoAgAhACAGIABBAWo2AgBBACEGA0AgBARAIABBAXEgBkEBdHIhBiAAQQF2",
	"IQAgBEEBayEEDAELCyACIAVBAnRqIAY2AgALIAVBAWohBQwBCwsLlgEBBH8gAEECdEGACGooAgAhAyAAQQF0QQFqIQIDQCABIAJLBEAgAkEBai",
	"IEIAFJBH8gAkECdCIFQYQIaigCACAFQYAIaigCAEsFQQALIQUgBCACIAUbIgJBAnRBgAhqKAIAIgQgA0sEQCAAQQJ0QYAIaiAENgIAIAIiAEEB",
	"dEEBaiECDAILCwsgAEECdEGACGogAzYCAAvOAwIJfwF+IwUgAGooAgBBsfPd8XlsQRF2QQJ0QbDOCGogASIFQYICIwYgAGsiBiAGQYICSxsiDE",
	"8EQCAFDwsgAEGAgAJrQQAgAEGAgAJLGyELIwUgAGooAgAhCSgCACEHA0AgByALSwRAAkAgB0EBayIIIwVqIAVqQQNrKAIAIwUgAGogBWpBA2so",
	"AgBGBH8jBSAIaigCACAJRgVBAAsEQEGCAiMGIABrIgQgBEGCAksbIQpBBCEEAkADQCAEQQhqIgYgCk0EQCAEIwUgCGogBGopAwAjBSAAaiAEai",
	"kDAIUiDXpCA4inaiEEIA1CAFINAiAGIQQMAQsLA0AgBCAKSQR/IwUgCGogBGotAAAjBSAAaiAEai0AAEYFQQALBEAgBEEBaiEEDAELCwsgBCAF",
	"SwRAIAAgCGskByAEIgUgA08gBCAMT3INAgsLIAJBAWsiAkUNACAHQQFrQf//AXFBAnRBsM4YaigCACEHDAILCwsgAUEDRiAFQQNGcQRAIAAgCU",
	"GA4ua7A2xBEXZBAnRBsM4QaigCAEEBayIBa0GAIE0gACABS3EEfyMFIAFqKAIAIAlzQQh0BUEBC0UEQCAAIAFrJAdBAw8LQQIPCyAFC98HAQN/",
	"QYCkCEGApAgoAgBBAWo2AgBBgJwIQYClCEGgpwhBngJBDxAAQaCwCEGgsQhBwLEIQR5BDxAAA0AgAkGeAkkEQCADIAJBAnRBgJwIaigCACACQY",
	"ClCGotAABBACACQYUCa0ECdiACQZ0CRiACQYkCSXIbamxqIQMgAkEBaiECDAELC0EAIQIDQCACQR5JBEAgAyACQQJ0QaCwCGooAgAgAkGgsQhq",
	"LQAAIAJBAXZBAWtBACACQQRPG2psaiEDIAJBAWohAgwBCwsgA0EDdiABTwRAA0AjAkEDaiQCIwJBB2pBeHEkAiMAIwE3AwAjACMCQQN2aiQAIw",
	"EjAkE4ca2IJAEjAkEHcSQCIwBB//8DIAEgAUH//wNPGyICOwEAIwAgAkF/czsBAiMAQQRqIAAgAvwKAAAjACACQQRqaiQAIAAgAmohACABIAJr",
	"IgENAAsPCxAKQQMhAANAIABBggJNBEAgAEECdCICQYC+CGooAgAiA0H//wNxIgRBgKUIai0AACEBIAJBkMYIaiAEQQJ0QaCnCGooAgAgA0EUdi",
	"ABdHIgASADQRB2QQ9xakEYdHI2AgAgAEEBaiEADAELC0EAIQADQCAAQYACSQRAIABBAnRBoKcIaiIBIAEoAgAgAEGApQhqLQAAQRh0cjYCACAA",
	"QQFqIQAMAQsLQQAhAANAIABBHkkEQCAAQQJ0QcCxCGoiASABKAIAIABBoLEIai0AAEEYdHI2AgAgAEEBaiEADAELC0HAGyEAA0AgACMDSQRAIA",
	"AoAgAiAUEQdiICBEAjASABQf8DcUECdEGQxghqKAIAIgFB////B3GtIwKthoQkASMCIAFBGHZqJAIgAkEBayIBQQRPBEBBHiABZ2siA0EBdCAB",
	"IAN2aiEBCyMBIAFBAnRBwLEIaigCACIDQf///wdxrSMCrYaEJAEjAiADQRh2aiQCIwEgAkEBa0EBIAFBAXZBAWtBACABQQRPGyIBdEEBa3GtIw",
	"KthoQkASMCIAFqJAIFIwEgAUECdEGgpwhqKAIAIgFB////B3GtIwKthoQkASMCIAFBGHZqJAIgACgCBCIBQYACSSAAQQRqIgIjA0lxBEAjASAB",
	"QQJ0QaCnCGooAgAiAEH///8Hca0jAq2GhCQBIwIgAEEYdmokAiACIQALCyMAIwE3AwAjACMCQQN2aiQAIwEjAkE4ca2IJAEjAkEHcSQCIABBBG",
	"ohAAwBCwtBgKcILQAAIQAjAUGgrwg1AgBC////B4MjAq2GhCQBIwIgAGokAiMAIwE3AwAjACMCQQN2aiQAIwEjAkE4ca2IJAEjAkEHcSQCC5gB",
	"AQV/QcAbJANBsM4gJARBAyEBQYECIQQDQCAEQZ0CSQRAQQAgBEGFAmtBAnYgBEGdAkYgBEGJAklyGyECQQAhAwNAIAFBggJJIANBASACdElxBE",
	"AgASIAQQFqIQEgAEECdEGAvghqIAQgAkEQdHIgA0EUdHI2AgAgA0EBaiEDDAELCyAEQQFqIQQMAQsLQYjGCEGdAjYCAAuuAwEGf0ECIQFBkBFB",
	"kBEoAgBBlBEoAgBqNgIAQQEhBgNAIAYgAEEBa0gEQEEAIQRBACEFA0AgBUECSARAIAAgAUwEf0EBBSACIAZIBH8gAkECdEGQEWooAgAgAUECdE",
	"GQEWooAgBJBUEACwsEQCAEIAJBAnRBkBFqKAIAaiEEIAIiA0EBaiECIANBAnRBkBFqIAY2AgAFIAEiA0EBaiEBIAQgA0ECdEGQEWooAgBqIQQL",
	"IAVBAWohBQwBCwsgBkECdEGQEWogBDYCACAGQQFqIQYMAQsLIABBAnRBiBFqQQA2AgAgAEEDayEBA0AgAUEATgRAIAFBAnRBkBFqIgIgAigCAE",
	"ECdEGQEWooAgBBAWo2AgAgAUEBayEBDAELC0EBIQQgAEECayECIABBAWshAUEAIQUDQCAEQQBKBEBBACEDA0AgAkEATgR/IAUgAkECdEGQEWoo",
	"AgBGBUEACwRAIANBAWohAyACQQFrIQIMAQsLA0AgAyAESARAIAEiAEEBayEBIABBAnRBkBFqIAU2AgAgBEEBayEEDAELCyADQQF0IQQgBUEBai",
	"EFDAELCwvLAwEEfyABQQF2QQFrIQMDQCADQQBOBEAgAyABEAEgA0EBayEDDAELCyABQQFrIQQDQCAEBEBBgAgoAgAhA0GACCAEQQJ0QYAIaiIG",
	"KAIANgIAIAYgAzYCAEEAIAQQASAEQQFrIQQMAQsLQQAhAwNAIAEgA0sEQCADQQJ0IgRBkBFqIARBgAhqKAIAQQl2NgIAIANBAWohAwwBCwsgAR",
	"AFQaAaQQBBxAD8CwBBACEEA0AgASAESwRAIARBAnRBkBFqKAIAIgMgAiACIANLGyIDQQJ0QaAaaiIGIAYoAgBBAWo2AgAgBUEBIAIgA2t0aiEF",
	"IARBAWohBAwBCwsDQCAFQQEgAnRLBEAgAkEBayEBA0AgAUECdEGgGmooAgBFBEAgAUEBayEBDAELCyABQQJ0IgFBoBpqIgMgAygCAEEBazYCAC",
	"ABQaQaaiIBIAEoAgBBAmo2AgAgAkECdEGgGmoiASABKAIAQQFrNgIAIAVBAWshBQwBCwtBACEDA0AgAgRAIAJBAnRBoBpqKAIAIQQDQCAEBEAg",
	"AyIBQQFqIQMgACABQQJ0QYAIaigCAEH/A3FqIAI6AAAgBEEBayEEDAELCyACQQFrIQIMAQsLC9MCAQR/IAAkBSABIAJqJAYgBCQAQgAkAUEAJA",
	"JBsM4IQQBBgIAI/AsAQbDOEEEAQYCACPwLACMGQQhrQQAjBkEISxshBgNAIAUgASAGIAEgBkkbSQRAIAVB//8BcUECdEGwzhhqIwUgBWooAgAi",
	"B0Gx893xeWxBEXZBAnRBsM4IaiIIKAIANgIAIAggBUEBaiIFNgIAIAdBgOLmuwNsQRF2QQJ0QbDOEGogBTYCAAwBCwsgAgRAIANBAUYEQCABIA",
	"YQCQUgASAGIAMQCAsLQQAhAgNAIwJBA2okAiMCQQdqQXhxJAIjACMBNwMAIwAjAkEDdmokACMBIwJBOHGtiCQBIwJBB3EkAiMAQf//AyACIAJB",
	"//8DTxsiATsBACMAIAFBf3M7AQIjAEEEaiAAIAH8CgAAIwAgAUEEamokACAAIAFqIQAgAiABayICDQALIwAgBGsLjAcBCn8gAkEESQR/QQIgAn",
	"QFQYAIQQEgAnQgAkEJTxsLIQUgAkEESQR/QRAgAnQFQYICQRAgAkEDa3QgAkEITxsLIQYgAkEESQR/QQAFIAJBBkkEf0EQBUEgQYICIAJBCEkb",
	"CwshByAAIQNBwBskA0GAnAhBAEGACfwLAEGgsAhBAEGAAfwLAEEAIQIDQCAAIwZJBEAgACABTwR/IwMjBSAAai0AACIENgIAIwNBBGokAyAEQQ",
	"J0QYCcCGoiBCAEKAIAQQFqNgIAIABBAWoFIAhFBEAgAEEDIAUgBhACIQIgAEH//wFxQQJ0QbDOGGojBSAAaigCACIEQbHz3fF5bEERdkECdEGw",
	"zghqIggoAgA2AgAgCCAAQQFqIgg2AgAgBEGA4ua7A2xBEXZBAnRBsM4QaiAINgIAC0EAIQggAkEDSQR/IwMjBSAAai0AACIENgIAIwNBBGokAy",
	"AEQQJ0QYCcCGoiBCAEKAIAQQFqNgIAIABBAWoFIwchCkEAIQQgAiAHSSAAQQFqIgsgAUlxBEAgCyACIAVBAnYgBSACQQhPGyAGEAIhBCALQf//",
	"AXFBAnRBsM4YaiALIwVqKAIAIgxBsfPd8XlsQRF2QQJ0QbDOCGoiCSgCADYCACAJIAtBAWoiCTYCACAMQYDi5rsDbEERdkECdEGwzhBqIAk2Ag",
	"ALIAIgBEkEfyMDIwUgAGotAAAiAjYCACMDQQRqJAMgAkECdEGAnAhqIgIgAigCAEEBajYCACAEIQJBASEIIABBAWoFIwMgAiAKQRB0cjYCACMD",
	"QQRqJAMgAkECdEGAvghqKAIAQf//A3FBAnRBgJwIaiIEIAQoAgBBAWo2AgAgCkEBayIEQQRPBH9BHiAEZ2siCUEBdCAEIAl2agUgBAtBAnRBoL",
	"AIaiIEIAQoAgBBAWo2AgAgACACaiIEIAEgASAESxshCSAAQQJqIABBAWoiBCACIAdJIAEgBEtxGyEEA0AgBCAJSQRAIARB//8BcUECdEGwzhhq",
	"IwUgBGooAgAiCkGx893xeWxBEXZBAnRBsM4IaiILKAIANgIAIAsgBEEBaiIENgIAIApBgOLmuwNsQRF2QQJ0QbDOEGogBDYCAAwBCwsgACACag",
	"sLCyIAIwZGIwNBwJsIT3IEQCMFIANqIAAgA2sQA0HAGyQDQYCcCEEAQYAJ/AsAQaCwCEEAQYAB/AsAIAAhAwsMAQsLC6cGAgh/AX4gACECQcAb",
	"JANBgJwIQQBBgAn8CwBBoLAIQQBBgAH8CwADQCAAIwZJBEAgACABTwRAIAAiBEEBaiEAIwMjBSAEai0AACIENgIAIwNBBGokAyAEQQJ0QYCcCG",
	"oiBCAEKAIAQQFqNgIABSMFIABqKAIAIgRBsfPd8XlsQRF2QQJ0QbDOCGoiBSgCAEEBayEHIAUgAEEBajYCACAAIAdrQYCAAk0gACAHS3EEfyMF",
	"IAdqKAIAIARGBUEACwRAIwMgACAHayIIQRB0IQZBggIjBiAAayIDIANBggJLGyEJQQQhAwJAA0AgA0EIaiIEIAlNBEAgAyMFIAdqIANqKQMAIw",
	"UgAGogA2opAwCFIgp6QgOIp2ohAyAKQgBSDQIgBCEDDAELCwNAIAMgCUkEfyMFIAdqIANqLQAAIwUgAGogA2otAABGBUEACwRAIANBAWohAwwB",
	"CwsLIAMgBnI2AgAjA0EEaiQDIANBAnRBgL4IaigCAEH//wNxQQJ0QYCcCGoiBCAEKAIAQQFqNgIAIAhBAWsiBEEETwR/QR4gBGdrIgVBAXQgBC",
	"AFdmoFIAQLQQJ0QaCwCGoiBCAEKAIAQQFqNgIAIAAgA2oiAyABSQRAIwUgAGooAgFBsfPd8XlsQRF2QQJ0QbDOCGogAEECajYCACMFIANqIgBB",
	"AmsoAgBBsfPd8XlsQRF2QQJ0QbDOCGogA0EBazYCACAAQQFrKAIAQbHz3fF5bEERdkECdEGwzghqIAM2AgALIAMhAEEAIQMFIwMgBEH/AXEiBD",
	"YCACMDQQRqJAMgBEECdEGAnAhqIgQgBCgCAEEBajYCACAAQQFqIQBBECADQQFqIgNBB3YiBCAEQRBPGyEFA0AgACABSSAFQQFLcSMDQcCbCElx",
	"BEAgACIEQQFqIQAjAyMFIARqLQAAIgQ2AgAjA0EEaiQDIARBAnRBgJwIaiIEIAQoAgBBAWo2AgAgBUEBayEFDAELCwsLIAAjBkYjA0HAmwhPcg",
	"RAIwUgAmogACACaxADQcAbJANBgJwIQQBBgAn8CwBBoLAIQQBBgAH8CwAgACECCwwBCwsLngQBBX9BngIhAANAIABBgQJLBH8gAEH/pAhqLQAA",
	"BUEBC0UEQCAAQQFrIQAMAQsLQR4hAQNAIAFBAUsEfyABQZ+xCGotAAAFQQELRQRAIAFBAWshAQwBCwsgACAAIAFqEAshA0HAsghBkLMIQbCzCE",
	"ETQQcQAEETIQIDQCACQQRLBH8gAkGbzghqLQAAQZCzCGotAAAFQQELRQRAIAJBAWshAgwBCwsjAUIEIwKthoQkASMCQQNqJAIjASAAQYECa60j",
	"Aq2GhCQBIwJBBWokAiMBIAFBAWutIwKthoQkASMCQQVqJAIjASACQQRrrSMCrYaEJAEjAkEEaiQCIwAjATcDACMAIwJBA3ZqJAAjASMCQThxrY",
	"gkASMCQQdxJAJBACEAA0AgACACSQRAIwEgAEGczghqLQAAQZCzCGoxAAAjAq2GhCQBIwJBA2okAiMAIwE3AwAjACMCQQN2aiQAIwEjAkE4ca2I",
	"JAEjAkEHcSQCIABBAWohAAwBCwtBACEAA0AgACADSQRAIABBAnRBgLQIaigCACICQf8BcSIBQZCzCGotAAAhBCMBIAFBAnRBsLMIajUCACMCrY",
	"aEJAEjAiAEaiQCIwEgAkEIdq0jAq2GhCQBIAFBEEkEf0EABUEHIAFBDmsgAUESRhsLIwJqJAIjACMBNwMAIwAjAkEDdmokACMBIwJBOHGtiCQB",
	"IwJBB3EkAiAAQQFqIQAMAQsLC5wDAQd/QcCyCEEAQcwA/AsAA0AgASAFSwRAIAVBgKUIaiAFQaCxCGogAGsgACAFSxstAAAhBEEBIQIDQCACIA",
	"VqIgYgAUkEfyAEIAZBgKUIaiAGQaCxCGogAGsgACAGSxstAABGBUEACwRAIAJBAWohAgwBCwsgAiAFaiEFIAQEQCADQQJ0QYC0CGogBDYCACAE",
	"QQJ0QcCyCGoiBiAGKAIAQQFqNgIAIANBAWohAyACQQFrIQILQQZBigEgBBshCANAIAJBA08EQCACIAggAiAISRshByAEBH8gA0ECdEGAtAhqIA",
	"dBA2tBCHRBEHI2AgBBEAUgB0ELSQR/IANBAnRBgLQIaiAHQQNrQQh0QRFyNgIAQREFIANBAnRBgLQIaiAHQQtrQQh0QRJyNgIAQRILC0ECdEHA",
	"sghqIgYgBigCAEEBajYCACADQQFqIQMgAiAHayECDAELCwNAIAIEQCADQQJ0QYC0CGogBDYCACAEQQJ0QcCyCGoiBiAGKAIAQQFqNgIAIANBAW",
	"ohAyACQQFrIQIMAQsLDAELCyADCwsbAQBBnM4ICxMQERIACAcJBgoFCwQMAw0CDgEP"
].join("");
new URL(import.meta.url.endsWith(".ts") ? "./deflateworker.ts" : "./deflateworker.js", import.meta.url);
constants$1.ZSTD_c_hashLog, constants$1.ZSTD_c_chainLog;
Buffer.from("1f8b08000000000000ff", "hex");
Buffer.from("0300", "hex");
// src/json.ts
/** Whether what `JSON.parse` gave is an object, and no list. */
function isJsonObject(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
// src/oci/digest.ts
const DIGEST = /^sha256:[a-f0-9]{64}$/;
/**
* Whether a text is `sha256:` and 64 lower-case hexadecimal digits: safe in paths and addresses (CVE-2024-3727 came from
* using it unchecked).
*/
function isDigest(text) {
	return DIGEST.test(text);
}
function digestOf(bytes) {
	return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
// src/oci/manifest.ts
/** image-spec media-types.md; distribution docs, image manifest v2 schema 2. */
const mediaTypes = {
	manifest: "application/vnd.oci.image.manifest.v1+json",
	index: "application/vnd.oci.image.index.v1+json",
	config: "application/vnd.oci.image.config.v1+json",
	layer: "application/vnd.oci.image.layer.v1.tar",
	layerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
	layerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
	dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
	dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
	dockerConfig: "application/vnd.docker.container.image.v1+json",
	dockerLayer: "application/vnd.docker.image.rootfs.diff.tar",
	dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
	dockerLayerZstd: "application/vnd.docker.image.rootfs.diff.tar.zstd"
};
mediaTypes.layer, mediaTypes.layer, mediaTypes.layerGzip, mediaTypes.layerGzip, mediaTypes.layerZstd, mediaTypes.layerZstd, mediaTypes.dockerLayer, mediaTypes.layer, mediaTypes.dockerLayerGzip, mediaTypes.layerGzip, mediaTypes.dockerLayerZstd, mediaTypes.layerZstd;
// src/oci/packing/compression.ts
/** gzip(1) and zstd(1) without --ultra. gzip's default takes a third of the time of pigz -6 for a tenth more bytes. */
const LEVELS = {
	gzip: {
		lowest: 1,
		highest: 9,
		default: 1
	},
	zstd: {
		lowest: 1,
		highest: 19,
		default: 3
	}
};
/**
* The compression that `gzip`, `zstd` or `none`, optionally `:LEVEL`, asks for.
*
* @returns the compression, or one sentence with the problem and what to write
*/
function parseCompression(text) {
	const colon = text.indexOf(":");
	const algorithm = colon < 0 ? text : text.slice(0, colon);
	const level = colon < 0 ? void 0 : text.slice(colon + 1);
	if (algorithm !== "gzip" && algorithm !== "zstd" && algorithm !== "none") return `${JSON.stringify(text)} is not a compression: write gzip, zstd or none, or gzip:LEVEL or zstd:LEVEL`;
	if (level === void 0) return { algorithm };
	if (algorithm === "none") return "none takes no level: write none";
	const { lowest, highest } = LEVELS[algorithm];
	const number = /^[0-9]{1,2}$/.test(level) ? Number(level) : NaN;
	if (!(number >= lowest && number <= highest)) return `${JSON.stringify(level)} is not a level of ${algorithm}: write a number from ${lowest} to ${highest}`;
	return {
		algorithm,
		level: number
	};
}
// src/oci/epoch.ts
/** The last second of the year 9999: RFC 3339 has no later one. */
const LAST_SECOND = 253402300799;
/** Why a number cannot be the time of an image, as one sentence; undefined when it can. */
function epochProblem(epochSeconds) {
	if (Number.isInteger(epochSeconds) && epochSeconds >= 0 && epochSeconds <= LAST_SECOND) return void 0;
	return `the time ${epochSeconds} is not a whole number of seconds since 1970`;
}
// src/oci/tar/tar.ts
/** Why a path cannot be the disk's in the image, as one sentence; undefined when it can. */
function diskPathProblem(path) {
	if (!path.startsWith("/")) return "the path is not absolute: start it with /";
	if (/\p{Cc}/u.test(path)) return "the path holds a control character: write it without";
	const parts = path.slice(1).split("/");
	if (parts.at(-1) === "") return "the path ends with /: add the name of the file";
	if (parts.includes("..") || parts.includes(".")) return "the path holds . or ..: write it without them";
	if (parts.some((part) => Buffer.byteLength(part) > 255)) return "the path holds a name of more than 255 bytes, which no file system takes";
	if (parts.includes("")) return "the path holds //: write it with single ones";
	if (parts.some((part) => part.startsWith(".wh."))) return "the path holds a name that starts with .wh., which deletes files";
}
// src/oci/reference.ts
const DOCKER = "docker.io";
const REPOSITORY_LIMIT = 255;
const HOST_PART = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const REGISTRY = new RegExp(`^(?:${HOST_PART}(?:\\.${HOST_PART})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`);
const COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const LAST_PORT = 65535;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const SCHEME = /^([a-z0-9+-]+):\/\//;
/**
* A reference as docker and skopeo read it: `alpine` is `docker.io/library/alpine`. No tag is added.
*
* @returns the reference, or one sentence with the problem and what to write
*/
function parseReference(text) {
	if (text === "") return "the reference is empty: write REGISTRY/REPOSITORY:TAG";
	if (/\s/.test(text)) return "a reference holds no spaces";
	const scheme = SCHEME.exec(text);
	if (scheme) return `write the reference without ${scheme[0]}: ${withoutLogin(text).slice(scheme[0].length)}`;
	const [named = "", digest, ...more] = text.split("@");
	if (digest !== void 0 && (more.length > 0 || !isDigest(digest))) return "the part after @ is not a digest: write sha256: and 64 lower-case hexadecimal digits";
	const { name, tag } = nameAndTag(named);
	if (tag !== void 0 && !TAG.test(tag)) return tagProblem$1(tag);
	const { registry, repository } = registryAndRepository(name);
	const problem = registryProblem(registry) ?? repositoryProblem$1(registry, repository, name);
	if (problem !== void 0) return problem;
	return {
		registry,
		repository,
		...tag === void 0 ? {} : { tag },
		...digest === void 0 ? {} : { digest }
	};
}
/** `registry/repository[:tag][@digest]` */
function referenceText(reference) {
	const tag = reference.tag === void 0 ? "" : `:${reference.tag}`;
	const digest = reference.digest === void 0 ? "" : `@${reference.digest}`;
	return `${repositoryText(reference)}${tag}${digest}`;
}
/** `registry/repository` */
function repositoryText({ registry, repository }) {
	return `${registry}/${repository}`;
}
function nameAndTag(text) {
	const colon = text.lastIndexOf(":");
	if (colon < 0 || colon < text.lastIndexOf("/")) return { name: text };
	return {
		name: text.slice(0, colon),
		tag: text.slice(colon + 1)
	};
}
/** Whether a name begins with a registry: `localhost/a` and `ghcr.io/a` do, `acme/a` does not. */
function hasRegistry(name) {
	return isHost(name.slice(0, Math.max(name.indexOf("/"), 0)));
}
/** Unlike docker, capitals do not make a host: whoever writes Acme/app means a repository. */
function isHost(first) {
	return /[.:]/.test(first) || first === "localhost";
}
function registryAndRepository(name) {
	const slash = name.indexOf("/");
	const first = name.slice(0, Math.max(slash, 0));
	const registry = isHost(first) ? first : DOCKER;
	const repository = isHost(first) ? name.slice(slash + 1) : name;
	if (registry !== DOCKER && registry !== `index.${DOCKER}`) return {
		registry,
		repository
	};
	return {
		registry: DOCKER,
		repository: repository.includes("/") ? repository : `library/${repository}`
	};
}
function registryProblem(registry) {
	if (!REGISTRY.test(registry)) return `${JSON.stringify(registry)} is not the name of a registry: write HOST or HOST:PORT`;
	if (Number(/:([0-9]+)$/.exec(registry)?.[1] ?? 1) > LAST_PORT) return `there is no port above ${LAST_PORT}: ${registry}`;
}
function repositoryProblem$1(registry, repository, name) {
	if (name === "" || repository === "" || repository === "library/") return "the name of the repository is missing: write REGISTRY/REPOSITORY:TAG";
	const lower = repository.toLowerCase();
	if (lower !== repository && REPOSITORY.test(lower)) {
		const host = name.startsWith(`${registry}/`) ? `${registry}/` : "";
		return `repository names are lower case: write ${host}${name.slice(host.length).toLowerCase()}`;
	}
	if (!REPOSITORY.test(repository)) return `${JSON.stringify(repository)} is not the name of a repository: use a-z and 0-9, with . _ - between them and / between parts`;
	if (repository.length > REPOSITORY_LIMIT) return `the name of the repository has more than ${REPOSITORY_LIMIT} characters`;
	if (/^[a-f0-9]{64}$/.test(name)) return "a name of 64 hexadecimal digits is taken for a digest: write REGISTRY/REPOSITORY";
}
function tagProblem$1(tag) {
	if (tag === "") return "the tag after : is missing";
	return `${JSON.stringify(tag)} is not a tag: use at most 128 of A-Z, a-z, 0-9, _ . - and start with none of . -`;
}
/** A text that was to be a reference, without the login of an address: it goes into messages. */
function withoutLogin(text) {
	return text.replace(/(:\/\/)[^/@]*@/, "$1");
}
// src/oci/refname.ts
/** image-spec annotations.md, "Rules" of ref.name; c/image oci/internal/oci_util.go has the same. */
const REF_NAME_TEXT = /^[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*(?:\/[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*)*$/;
/** Whether a text can be the name of an image in a layout. */
function isRefName(text) {
	return REF_NAME_TEXT.test(text);
}
// src/registry/transport.ts
const FILE_TRANSPORTS = [
	"oci",
	"oci-archive",
	"docker-archive",
	"dir"
];
const NAMED_TRANSPORTS = ["containers-storage", "docker-daemon"];
const DESTINATION_FORMS = "docker://REFERENCE, oci:DIR[:REF], oci-archive:FILE[:REF], docker-archive:FILE[:REF], dir:DIR, containers-storage:NAME or docker-daemon:NAME";
/** Where `export` writes to: any destination of skopeo that works without a daemon of its own, and docker's daemon. */
function parseDestination(text) {
	const { transport, rest } = transportParts(text);
	if (transport === void 0 || !(transport === "docker" || isLocal$1(transport))) return { problem: `'${text}' is no skopeo destination: write ${DESTINATION_FORMS}` };
	if (transport !== "docker") {
		const name = localName(transport, rest);
		const problem = "problem" in name ? void 0 : namedProblem(name);
		return problem === void 0 ? name : { problem };
	}
	const parsed = parseTag(rest);
	return "problem" in parsed ? parsed : {
		transport,
		reference: parsed.reference
	};
}
/**
* One of `tags`: where to push to.
*
* @returns the reference with its tag, `latest` where none is written, and its full text `registry/repository:tag`
*/
function parseTag(text) {
	const bare = text.startsWith("docker://") ? text.slice(9) : text;
	if (/^:?[\w.-]+$/.test(bare) && /^(?::|v?\d|latest$)/.test(bare)) return { problem: `'${text}' is a tag without a name: write REGISTRY/REPOSITORY:${bare.replace(/^:/, "")}` };
	if (!bare.includes("/")) return { problem: `'${text}' is no full reference: write REGISTRY/REPOSITORY:TAG` };
	const parsed = parseReference(bare);
	if (typeof parsed === "string") return { problem: `'${withoutLogin(text)}' is no reference: ${parsed}` };
	if (parsed.digest !== void 0) return { problem: `'${text}' has a digest, which a push cannot choose: write ${bare.slice(0, bare.indexOf("@"))}` };
	const reference = {
		...parsed,
		tag: parsed.tag ?? "latest"
	};
	return {
		reference,
		text: referenceText(reference)
	};
}
/**
* The input `repository`: where to push to without a tag.
*
* @returns the full text `registry/repository`
*/
function parseRepository(text) {
	const bare = text.startsWith("docker://") ? text.slice(9) : text;
	if (!bare.includes("/")) return { problem: `'${text}' is no repository of a registry: write REGISTRY/NAME` };
	const parsed = parseReference(bare);
	if (typeof parsed === "string") return { problem: `'${text}' is no repository: ${parsed}` };
	const { registry, repository, tag, digest } = parsed;
	const name = referenceText({
		registry,
		repository
	});
	if (digest !== void 0) return { problem: `'${text}' has a digest, which comes of what is pushed: write ${name}` };
	return tag === void 0 ? name : { problem: `'${text}' has a tag, and a push by digest moves none: write ${name}` };
}
/** Why docker's tools would not take the name in a destination's text. */
function namedProblem({ transport, path, name }) {
	if (transport === "docker-archive") return name === void 0 ? void 0 : dockerNameProblem(name);
	if (transport === "docker-daemon") return dockerNameProblem(path);
	const inStore = storageParts(path).name;
	return transport === "containers-storage" && isPlain(inStore) ? dockerNameProblem(inStore) : void 0;
}
/** Why a text is no name for docker, as one sentence with the text; undefined when it is one. */
function dockerNameProblem(text) {
	const parsed = parseReference(text);
	if (typeof parsed === "string") return `'${text}' is no name of an image: ${parsed}`;
	return parsed.digest === void 0 ? void 0 : `'${text}' has a digest, which a target cannot choose: write NAME:TAG`;
}
/**
* Whether a place of this machine holds single images and no index: what runs as a container goes there, and nothing of the
* rest. (Container storage keeps an index only beside images that are all there; c/image storage/storage_dest.go.)
*/
function holdsOneImage({ transport }) {
	return [
		"docker-archive",
		"docker-daemon",
		"containers-storage"
	].includes(transport);
}
/** The store that the text behind `containers-storage:` may begin with, and the name; c/image storage/storage_transport.go. */
function storageParts(path) {
	const [, store = "", name = ""] = /^(\[[^\]]*\])?(.*)$/s.exec(path) ?? [];
	return {
		store,
		name
	};
}
/** Whether a text in container storage is a name, and no ID or what else names an image that is there. */
function isPlain(name) {
	return name !== "" && !name.includes("@");
}
/** The host, with port, of a login: `ghcr.io`, `localhost:5000`; a scheme and a trailing slash are taken off. */
function parseRegistry(text) {
	const host = text.replace(/^https?:\/\//, "").replace(/\/(v[12]\/?)?$/, "");
	const registry = ["index.docker.io", "registry-1.docker.io"].includes(host) ? "docker.io" : host;
	if (/^(?:[A-Za-z0-9.-]+|\[[a-fA-F0-9:]+\])(?::\d{1,5})?$/.test(registry) && !registry.startsWith("-")) return registry;
	return { problem: `'${text}' is no registry: write HOST or HOST:PORT, without a path` };
}
/** The transport that a name begins with, if any, and what follows; `localhost:5000/x` and `oci:1.0` begin alike: only the names of transports are transports. */
function transportParts(text) {
	if (text.startsWith("docker://")) return {
		transport: "docker",
		rest: text.slice(9)
	};
	const colon = text.indexOf(":");
	const transport = text.slice(0, Math.max(colon, 0));
	return isLocal$1(transport) || /^(tarball|ostree|sif|dockers?|https?|obsrepositories|obs|file)$/.test(transport) ? {
		transport,
		rest: text.slice(colon + 1)
	} : { rest: text };
}
function isLocal$1(transport) {
	return [...FILE_TRANSPORTS, ...NAMED_TRANSPORTS].some((known) => known === transport);
}
/** The name behind a transport of this machine: `PATH[:NAME]`. */
function localName(transport, rest) {
	if (rest === "") return { problem: `nothing follows ${transport}: write ${transport}:PATH` };
	if (!FILE_TRANSPORTS.some((known) => known === transport) || transport === "dir") return {
		transport,
		path: rest
	};
	const colon = rest.indexOf(":");
	if (colon < 0) return {
		transport,
		path: rest
	};
	const path = rest.slice(0, colon);
	const name = rest.slice(colon + 1);
	if (path === "") return { problem: `'${transport}:${rest}' has no path: write ${transport}:PATH:REF` };
	if (name === "") return {
		transport,
		path
	};
	if (transport !== "docker-archive" && !isRefName(name)) return { problem: `'${name}' is no name of an image in a layout: write ${transport}:PATH:REF, and no colon in PATH` };
	return {
		transport,
		path,
		name
	};
}
// node_modules/yaml/dist/nodes/identity.js
var require_identity = /* @__PURE__ */ __commonJSMin(((exports) => {
	const ALIAS = Symbol.for("yaml.alias");
	const DOC = Symbol.for("yaml.document");
	const MAP = Symbol.for("yaml.map");
	const PAIR = Symbol.for("yaml.pair");
	const SCALAR = Symbol.for("yaml.scalar");
	const SEQ = Symbol.for("yaml.seq");
	const NODE_TYPE = Symbol.for("yaml.node.type");
	const isAlias = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === ALIAS;
	const isDocument = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === DOC;
	const isMap = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === MAP;
	const isPair = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === PAIR;
	const isScalar = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === SCALAR;
	const isSeq = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === SEQ;
	function isCollection(node) {
		if (node && typeof node === "object") switch (node[NODE_TYPE]) {
			case MAP:
			case SEQ: return true;
		}
		return false;
	}
	function isNode(node) {
		if (node && typeof node === "object") switch (node[NODE_TYPE]) {
			case ALIAS:
			case MAP:
			case SCALAR:
			case SEQ: return true;
		}
		return false;
	}
	const hasAnchor = (node) => (isScalar(node) || isCollection(node)) && !!node.anchor;
	exports.ALIAS = ALIAS;
	exports.DOC = DOC;
	exports.MAP = MAP;
	exports.NODE_TYPE = NODE_TYPE;
	exports.PAIR = PAIR;
	exports.SCALAR = SCALAR;
	exports.SEQ = SEQ;
	exports.hasAnchor = hasAnchor;
	exports.isAlias = isAlias;
	exports.isCollection = isCollection;
	exports.isDocument = isDocument;
	exports.isMap = isMap;
	exports.isNode = isNode;
	exports.isPair = isPair;
	exports.isScalar = isScalar;
	exports.isSeq = isSeq;
}));
// node_modules/yaml/dist/visit.js
var require_visit = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	const BREAK = Symbol("break visit");
	const SKIP = Symbol("skip children");
	const REMOVE = Symbol("remove node");
	/**
	* Apply a visitor to an AST node or document.
	*
	* Walks through the tree (depth-first) starting from `node`, calling a
	* `visitor` function with three arguments:
	*   - `key`: For sequence values and map `Pair`, the node's index in the
	*     collection. Within a `Pair`, `'key'` or `'value'`, correspondingly.
	*     `null` for the root node.
	*   - `node`: The current node.
	*   - `path`: The ancestry of the current node.
	*
	* The return value of the visitor may be used to control the traversal:
	*   - `undefined` (default): Do nothing and continue
	*   - `visit.SKIP`: Do not visit the children of this node, continue with next
	*     sibling
	*   - `visit.BREAK`: Terminate traversal completely
	*   - `visit.REMOVE`: Remove the current node, then continue with the next one
	*   - `Node`: Replace the current node, then continue by visiting it
	*   - `number`: While iterating the items of a sequence or map, set the index
	*     of the next step. This is useful especially if the index of the current
	*     node has changed.
	*
	* If `visitor` is a single function, it will be called with all values
	* encountered in the tree, including e.g. `null` values. Alternatively,
	* separate visitor functions may be defined for each `Map`, `Pair`, `Seq`,
	* `Alias` and `Scalar` node. To define the same visitor function for more than
	* one node type, use the `Collection` (map and seq), `Value` (map, seq & scalar)
	* and `Node` (alias, map, seq & scalar) targets. Of all these, only the most
	* specific defined one will be used for each node.
	*/
	function visit(node, visitor) {
		const visitor_ = initVisitor(visitor);
		if (identity.isDocument(node)) {
			if (visit_(null, node.contents, visitor_, Object.freeze([node])) === REMOVE) node.contents = null;
		} else visit_(null, node, visitor_, Object.freeze([]));
	}
	/** Terminate visit traversal completely */
	visit.BREAK = BREAK;
	/** Do not visit the children of the current node */
	visit.SKIP = SKIP;
	/** Remove the current node */
	visit.REMOVE = REMOVE;
	function visit_(key, node, visitor, path) {
		const ctrl = callVisitor(key, node, visitor, path);
		if (identity.isNode(ctrl) || identity.isPair(ctrl)) {
			replaceNode(key, path, ctrl);
			return visit_(key, ctrl, visitor, path);
		}
		if (typeof ctrl !== "symbol") {
			if (identity.isCollection(node)) {
				path = Object.freeze(path.concat(node));
				for (let i = 0; i < node.items.length; ++i) {
					const ci = visit_(i, node.items[i], visitor, path);
					if (typeof ci === "number") i = ci - 1;
					else if (ci === BREAK) return BREAK;
					else if (ci === REMOVE) {
						node.items.splice(i, 1);
						i -= 1;
					}
				}
			} else if (identity.isPair(node)) {
				path = Object.freeze(path.concat(node));
				const ck = visit_("key", node.key, visitor, path);
				if (ck === BREAK) return BREAK;
				else if (ck === REMOVE) node.key = null;
				const cv = visit_("value", node.value, visitor, path);
				if (cv === BREAK) return BREAK;
				else if (cv === REMOVE) node.value = null;
			}
		}
		return ctrl;
	}
	/**
	* Apply an async visitor to an AST node or document.
	*
	* Walks through the tree (depth-first) starting from `node`, calling a
	* `visitor` function with three arguments:
	*   - `key`: For sequence values and map `Pair`, the node's index in the
	*     collection. Within a `Pair`, `'key'` or `'value'`, correspondingly.
	*     `null` for the root node.
	*   - `node`: The current node.
	*   - `path`: The ancestry of the current node.
	*
	* The return value of the visitor may be used to control the traversal:
	*   - `Promise`: Must resolve to one of the following values
	*   - `undefined` (default): Do nothing and continue
	*   - `visit.SKIP`: Do not visit the children of this node, continue with next
	*     sibling
	*   - `visit.BREAK`: Terminate traversal completely
	*   - `visit.REMOVE`: Remove the current node, then continue with the next one
	*   - `Node`: Replace the current node, then continue by visiting it
	*   - `number`: While iterating the items of a sequence or map, set the index
	*     of the next step. This is useful especially if the index of the current
	*     node has changed.
	*
	* If `visitor` is a single function, it will be called with all values
	* encountered in the tree, including e.g. `null` values. Alternatively,
	* separate visitor functions may be defined for each `Map`, `Pair`, `Seq`,
	* `Alias` and `Scalar` node. To define the same visitor function for more than
	* one node type, use the `Collection` (map and seq), `Value` (map, seq & scalar)
	* and `Node` (alias, map, seq & scalar) targets. Of all these, only the most
	* specific defined one will be used for each node.
	*/
	async function visitAsync(node, visitor) {
		const visitor_ = initVisitor(visitor);
		if (identity.isDocument(node)) {
			if (await visitAsync_(null, node.contents, visitor_, Object.freeze([node])) === REMOVE) node.contents = null;
		} else await visitAsync_(null, node, visitor_, Object.freeze([]));
	}
	/** Terminate visit traversal completely */
	visitAsync.BREAK = BREAK;
	/** Do not visit the children of the current node */
	visitAsync.SKIP = SKIP;
	/** Remove the current node */
	visitAsync.REMOVE = REMOVE;
	async function visitAsync_(key, node, visitor, path) {
		const ctrl = await callVisitor(key, node, visitor, path);
		if (identity.isNode(ctrl) || identity.isPair(ctrl)) {
			replaceNode(key, path, ctrl);
			return visitAsync_(key, ctrl, visitor, path);
		}
		if (typeof ctrl !== "symbol") {
			if (identity.isCollection(node)) {
				path = Object.freeze(path.concat(node));
				for (let i = 0; i < node.items.length; ++i) {
					const ci = await visitAsync_(i, node.items[i], visitor, path);
					if (typeof ci === "number") i = ci - 1;
					else if (ci === BREAK) return BREAK;
					else if (ci === REMOVE) {
						node.items.splice(i, 1);
						i -= 1;
					}
				}
			} else if (identity.isPair(node)) {
				path = Object.freeze(path.concat(node));
				const ck = await visitAsync_("key", node.key, visitor, path);
				if (ck === BREAK) return BREAK;
				else if (ck === REMOVE) node.key = null;
				const cv = await visitAsync_("value", node.value, visitor, path);
				if (cv === BREAK) return BREAK;
				else if (cv === REMOVE) node.value = null;
			}
		}
		return ctrl;
	}
	function initVisitor(visitor) {
		if (typeof visitor === "object" && (visitor.Collection || visitor.Node || visitor.Value)) return Object.assign({
			Alias: visitor.Node,
			Map: visitor.Node,
			Scalar: visitor.Node,
			Seq: visitor.Node
		}, visitor.Value && {
			Map: visitor.Value,
			Scalar: visitor.Value,
			Seq: visitor.Value
		}, visitor.Collection && {
			Map: visitor.Collection,
			Seq: visitor.Collection
		}, visitor);
		return visitor;
	}
	function callVisitor(key, node, visitor, path) {
		if (typeof visitor === "function") return visitor(key, node, path);
		if (identity.isMap(node)) return visitor.Map?.(key, node, path);
		if (identity.isSeq(node)) return visitor.Seq?.(key, node, path);
		if (identity.isPair(node)) return visitor.Pair?.(key, node, path);
		if (identity.isScalar(node)) return visitor.Scalar?.(key, node, path);
		if (identity.isAlias(node)) return visitor.Alias?.(key, node, path);
	}
	function replaceNode(key, path, node) {
		const parent = path[path.length - 1];
		if (identity.isCollection(parent)) parent.items[key] = node;
		else if (identity.isPair(parent)) {
			if (key === "key") parent.key = node;
			else parent.value = node;
		} else if (identity.isDocument(parent)) parent.contents = node;
		else {
			const pt = identity.isAlias(parent) ? "alias" : "scalar";
			throw new Error(`Cannot replace node with ${pt} parent`);
		}
	}
	exports.visit = visit;
	exports.visitAsync = visitAsync;
}));
// node_modules/yaml/dist/doc/directives.js
var require_directives = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var visit = require_visit();
	const escapeChars = {
		"!": "%21",
		",": "%2C",
		"[": "%5B",
		"]": "%5D",
		"{": "%7B",
		"}": "%7D"
	};
	const escapeTagName = (tn) => tn.replace(/[!,[\]{}]/g, (ch) => escapeChars[ch]);
	var Directives = class Directives {
		constructor(yaml, tags) {
			/**
			* The directives-end/doc-start marker `---`. If `null`, a marker may still be
			* included in the document's stringified representation.
			*/
			this.docStart = null;
			/** The doc-end marker `...`.  */
			this.docEnd = false;
			this.yaml = Object.assign({}, Directives.defaultYaml, yaml);
			this.tags = Object.assign({}, Directives.defaultTags, tags);
		}
		clone() {
			const copy = new Directives(this.yaml, this.tags);
			copy.docStart = this.docStart;
			return copy;
		}
		/**
		* During parsing, get a Directives instance for the current document and
		* update the stream state according to the current version's spec.
		*/
		atDocument() {
			const res = new Directives(this.yaml, this.tags);
			switch (this.yaml.version) {
				case "1.1":
					this.atNextDocument = true;
					break;
				case "1.2":
					this.atNextDocument = false;
					this.yaml = {
						explicit: Directives.defaultYaml.explicit,
						version: "1.2"
					};
					this.tags = Object.assign({}, Directives.defaultTags);
			}
			return res;
		}
		/**
		* @param onError - May be called even if the action was successful
		* @returns `true` on success
		*/
		add(line, onError) {
			if (this.atNextDocument) {
				this.yaml = {
					explicit: Directives.defaultYaml.explicit,
					version: "1.1"
				};
				this.tags = Object.assign({}, Directives.defaultTags);
				this.atNextDocument = false;
			}
			const parts = line.trim().split(/[ \t]+/);
			const name = parts.shift();
			switch (name) {
				case "%TAG": {
					if (parts.length !== 2) {
						onError(0, "%TAG directive should contain exactly two parts");
						if (parts.length < 2) return false;
					}
					const [handle, prefix] = parts;
					this.tags[handle] = prefix;
					return true;
				}
				case "%YAML": {
					this.yaml.explicit = true;
					if (parts.length !== 1) {
						onError(0, "%YAML directive should contain exactly one part");
						return false;
					}
					const [version] = parts;
					if (version === "1.1" || version === "1.2") {
						this.yaml.version = version;
						return true;
					} else {
						const isValid = /^\d+\.\d+$/.test(version);
						onError(6, `Unsupported YAML version ${version}`, isValid);
						return false;
					}
				}
				default:
					onError(0, `Unknown directive ${name}`, true);
					return false;
			}
		}
		/**
		* Resolves a tag, matching handles to those defined in %TAG directives.
		*
		* @returns Resolved tag, which may also be the non-specific tag `'!'` or a
		*   `'!local'` tag, or `null` if unresolvable.
		*/
		tagName(source, onError) {
			if (source === "!") return "!";
			if (source[0] !== "!") {
				onError(`Not a valid tag: ${source}`);
				return null;
			}
			if (source[1] === "<") {
				const verbatim = source.slice(2, -1);
				if (verbatim === "!" || verbatim === "!!") {
					onError(`Verbatim tags aren't resolved, so ${source} is invalid.`);
					return null;
				}
				if (source[source.length - 1] !== ">") onError("Verbatim tags must end with a >");
				return verbatim;
			}
			const [, handle, suffix] = source.match(/^(.*!)([^!]*)$/s);
			if (!suffix) onError(`The ${source} tag has no suffix`);
			const prefix = this.tags[handle];
			if (prefix) try {
				return prefix + decodeURIComponent(suffix);
			} catch (error) {
				onError(String(error));
				return null;
			}
			if (handle === "!") return source;
			onError(`Could not resolve tag: ${source}`);
			return null;
		}
		/**
		* Given a fully resolved tag, returns its printable string form,
		* taking into account current tag prefixes and defaults.
		*/
		tagString(tag) {
			for (const [handle, prefix] of Object.entries(this.tags)) if (tag.startsWith(prefix)) return handle + escapeTagName(tag.substring(prefix.length));
			return tag[0] === "!" ? tag : `!<${tag}>`;
		}
		toString(doc) {
			const lines = this.yaml.explicit ? [`%YAML ${this.yaml.version || "1.2"}`] : [];
			const tagEntries = Object.entries(this.tags);
			let tagNames;
			if (doc && tagEntries.length > 0 && identity.isNode(doc.contents)) {
				const tags = {};
				visit.visit(doc.contents, (_key, node) => {
					if (identity.isNode(node) && node.tag) tags[node.tag] = true;
				});
				tagNames = Object.keys(tags);
			} else tagNames = [];
			for (const [handle, prefix] of tagEntries) {
				if (handle === "!!" && prefix === "tag:yaml.org,2002:") continue;
				if (!doc || tagNames.some((tn) => tn.startsWith(prefix))) lines.push(`%TAG ${handle} ${prefix}`);
			}
			return lines.join("\n");
		}
	};
	Directives.defaultYaml = {
		explicit: false,
		version: "1.2"
	};
	Directives.defaultTags = { "!!": "tag:yaml.org,2002:" };
	exports.Directives = Directives;
}));
// node_modules/yaml/dist/doc/anchors.js
var require_anchors = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var visit = require_visit();
	/**
	* Verify that the input string is a valid anchor.
	*
	* Will throw on errors.
	*/
	function anchorIsValid(anchor) {
		if (/[\x00-\x19\s,[\]{}]/.test(anchor)) {
			const msg = `Anchor must not contain whitespace or control characters: ${JSON.stringify(anchor)}`;
			throw new Error(msg);
		}
		return true;
	}
	function anchorNames(root) {
		const anchors = /* @__PURE__ */ new Set();
		visit.visit(root, { Value(_key, node) {
			if (node.anchor) anchors.add(node.anchor);
		} });
		return anchors;
	}
	/** Find a new anchor name with the given `prefix` and a one-indexed suffix. */
	function findNewAnchor(prefix, exclude) {
		for (let i = 1;; ++i) {
			const name = `${prefix}${i}`;
			if (!exclude.has(name)) return name;
		}
	}
	function createNodeAnchors(doc, prefix) {
		const aliasObjects = [];
		const sourceObjects = /* @__PURE__ */ new Map();
		let prevAnchors = null;
		return {
			onAnchor: (source) => {
				aliasObjects.push(source);
				prevAnchors ?? (prevAnchors = anchorNames(doc));
				const anchor = findNewAnchor(prefix, prevAnchors);
				prevAnchors.add(anchor);
				return anchor;
			},
			/**
			* With circular references, the source node is only resolved after all
			* of its child nodes are. This is why anchors are set only after all of
			* the nodes have been created.
			*/
			setAnchors: () => {
				for (const source of aliasObjects) {
					const ref = sourceObjects.get(source);
					if (typeof ref === "object" && ref.anchor && (identity.isScalar(ref.node) || identity.isCollection(ref.node))) ref.node.anchor = ref.anchor;
					else {
						const error = /* @__PURE__ */ new Error("Failed to resolve repeated object (this should not happen)");
						error.source = source;
						throw error;
					}
				}
			},
			sourceObjects
		};
	}
	exports.anchorIsValid = anchorIsValid;
	exports.anchorNames = anchorNames;
	exports.createNodeAnchors = createNodeAnchors;
	exports.findNewAnchor = findNewAnchor;
}));
// node_modules/yaml/dist/doc/applyReviver.js
var require_applyReviver = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Applies the JSON.parse reviver algorithm as defined in the ECMA-262 spec,
	* in section 24.5.1.1 "Runtime Semantics: InternalizeJSONProperty" of the
	* 2021 edition: https://tc39.es/ecma262/#sec-json.parse
	*
	* Includes extensions for handling Map and Set objects.
	*/
	function applyReviver(reviver, obj, key, val) {
		if (val && typeof val === "object") {
			if (Array.isArray(val)) for (let i = 0, len = val.length; i < len; ++i) {
				const v0 = val[i];
				const v1 = applyReviver(reviver, val, String(i), v0);
				if (v1 === void 0) delete val[i];
				else if (v1 !== v0) val[i] = v1;
			}
			else if (val instanceof Map) for (const k of Array.from(val.keys())) {
				const v0 = val.get(k);
				const v1 = applyReviver(reviver, val, k, v0);
				if (v1 === void 0) val.delete(k);
				else if (v1 !== v0) val.set(k, v1);
			}
			else if (val instanceof Set) for (const v0 of Array.from(val)) {
				const v1 = applyReviver(reviver, val, v0, v0);
				if (v1 === void 0) val.delete(v0);
				else if (v1 !== v0) {
					val.delete(v0);
					val.add(v1);
				}
			}
			else for (const [k, v0] of Object.entries(val)) {
				const v1 = applyReviver(reviver, val, k, v0);
				if (v1 === void 0) delete val[k];
				else if (v1 !== v0) val[k] = v1;
			}
		}
		return reviver.call(obj, key, val);
	}
	exports.applyReviver = applyReviver;
}));
// node_modules/yaml/dist/nodes/toJS.js
var require_toJS = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	/**
	* Recursively convert any node or its contents to native JavaScript
	*
	* @param value - The input value
	* @param arg - If `value` defines a `toJSON()` method, use this
	*   as its first argument
	* @param ctx - Conversion context, originally set in Document#toJS(). If
	*   `{ keep: true }` is not set, output should be suitable for JSON
	*   stringification.
	*/
	function toJS(value, arg, ctx) {
		if (Array.isArray(value)) return value.map((v, i) => toJS(v, String(i), ctx));
		if (value && typeof value.toJSON === "function") {
			if (!ctx || !identity.hasAnchor(value)) return value.toJSON(arg, ctx);
			const data = {
				aliasCount: 0,
				count: 1,
				res: void 0
			};
			ctx.anchors.set(value, data);
			ctx.onCreate = (res) => {
				data.res = res;
				delete ctx.onCreate;
			};
			const res = value.toJSON(arg, ctx);
			if (ctx.onCreate) ctx.onCreate(res);
			return res;
		}
		if (typeof value === "bigint" && !ctx?.keep) return Number(value);
		return value;
	}
	exports.toJS = toJS;
}));
// node_modules/yaml/dist/nodes/Node.js
var require_Node = /* @__PURE__ */ __commonJSMin(((exports) => {
	var applyReviver = require_applyReviver();
	var identity = require_identity();
	var toJS = require_toJS();
	var NodeBase = class {
		constructor(type) {
			Object.defineProperty(this, identity.NODE_TYPE, { value: type });
		}
		/** Create a copy of this node.  */
		clone() {
			const copy = Object.create(Object.getPrototypeOf(this), Object.getOwnPropertyDescriptors(this));
			if (this.range) copy.range = this.range.slice();
			return copy;
		}
		/** A plain JavaScript representation of this node. */
		toJS(doc, { mapAsMap, maxAliasCount, onAnchor, reviver } = {}) {
			if (!identity.isDocument(doc)) throw new TypeError("A document argument is required");
			const ctx = {
				anchors: /* @__PURE__ */ new Map(),
				doc,
				keep: true,
				mapAsMap: mapAsMap === true,
				mapKeyWarned: false,
				maxAliasCount: typeof maxAliasCount === "number" ? maxAliasCount : 100
			};
			const res = toJS.toJS(this, "", ctx);
			if (typeof onAnchor === "function") for (const { count, res } of ctx.anchors.values()) onAnchor(res, count);
			return typeof reviver === "function" ? applyReviver.applyReviver(reviver, { "": res }, "", res) : res;
		}
	};
	exports.NodeBase = NodeBase;
}));
// node_modules/yaml/dist/nodes/Alias.js
var require_Alias = /* @__PURE__ */ __commonJSMin(((exports) => {
	var anchors = require_anchors();
	var visit = require_visit();
	var identity = require_identity();
	var Node = require_Node();
	var toJS = require_toJS();
	var Alias = class extends Node.NodeBase {
		constructor(source) {
			super(identity.ALIAS);
			this.source = source;
			Object.defineProperty(this, "tag", { set() {
				throw new Error("Alias nodes cannot have tags");
			} });
		}
		/**
		* Resolve the value of this alias within `doc`, finding the last
		* instance of the `source` anchor before this node.
		*/
		resolve(doc, ctx) {
			if (ctx?.maxAliasCount === 0) throw new ReferenceError("Alias resolution is disabled");
			let nodes;
			if (ctx?.aliasResolveCache) nodes = ctx.aliasResolveCache;
			else {
				nodes = [];
				visit.visit(doc, { Node: (_key, node) => {
					if (identity.isAlias(node) || identity.hasAnchor(node)) nodes.push(node);
				} });
				if (ctx) ctx.aliasResolveCache = nodes;
			}
			let found = void 0;
			for (const node of nodes) {
				if (node === this) break;
				if (node.anchor === this.source) found = node;
			}
			if (found && ctx) {
				const { anchors, doc, maxAliasCount } = ctx;
				let data = anchors.get(found);
				if (!data) {
					toJS.toJS(found, null, ctx);
					data = anchors.get(found);
				}
				/* istanbul ignore if */
				if (data?.res === void 0) throw new ReferenceError("This should not happen: Alias anchor was not resolved?");
				if (maxAliasCount >= 0) {
					data.count += 1;
					if (data.aliasCount === 0) data.aliasCount = getAliasCount(doc, found, anchors);
					if (data.count * data.aliasCount > maxAliasCount) throw new ReferenceError("Excessive alias count indicates a resource exhaustion attack");
				}
			}
			return found;
		}
		toJSON(_arg, ctx) {
			if (!ctx) return { source: this.source };
			const source = this.resolve(ctx.doc, ctx);
			if (!source) {
				const msg = `Unresolved alias (the anchor must be set before the alias): ${this.source}`;
				throw new ReferenceError(msg);
			}
			return ctx.anchors.get(source).res;
		}
		toString(ctx, _onComment, _onChompKeep) {
			const src = `*${this.source}`;
			if (ctx) {
				anchors.anchorIsValid(this.source);
				if (ctx.options.verifyAliasOrder && !ctx.anchors.has(this.source)) {
					const msg = `Unresolved alias (the anchor must be set before the alias): ${this.source}`;
					throw new Error(msg);
				}
				if (ctx.implicitKey) return `${src} `;
			}
			return src;
		}
	};
	function getAliasCount(doc, node, anchors) {
		if (identity.isAlias(node)) {
			const source = node.resolve(doc);
			const anchor = anchors && source && anchors.get(source);
			return anchor ? anchor.count * anchor.aliasCount : 0;
		} else if (identity.isCollection(node)) {
			let count = 0;
			for (const item of node.items) {
				const c = getAliasCount(doc, item, anchors);
				if (c > count) count = c;
			}
			return count;
		} else if (identity.isPair(node)) {
			const kc = getAliasCount(doc, node.key, anchors);
			const vc = getAliasCount(doc, node.value, anchors);
			return Math.max(kc, vc);
		}
		return 1;
	}
	exports.Alias = Alias;
}));
// node_modules/yaml/dist/nodes/Scalar.js
var require_Scalar = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Node = require_Node();
	var toJS = require_toJS();
	const isScalarValue = (value) => !value || typeof value !== "function" && typeof value !== "object";
	var Scalar = class extends Node.NodeBase {
		constructor(value) {
			super(identity.SCALAR);
			this.value = value;
		}
		toJSON(arg, ctx) {
			return ctx?.keep ? this.value : toJS.toJS(this.value, arg, ctx);
		}
		toString() {
			return String(this.value);
		}
	};
	Scalar.BLOCK_FOLDED = "BLOCK_FOLDED";
	Scalar.BLOCK_LITERAL = "BLOCK_LITERAL";
	Scalar.PLAIN = "PLAIN";
	Scalar.QUOTE_DOUBLE = "QUOTE_DOUBLE";
	Scalar.QUOTE_SINGLE = "QUOTE_SINGLE";
	exports.Scalar = Scalar;
	exports.isScalarValue = isScalarValue;
}));
// node_modules/yaml/dist/doc/createNode.js
var require_createNode = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Alias = require_Alias();
	var identity = require_identity();
	var Scalar = require_Scalar();
	const defaultTagPrefix = "tag:yaml.org,2002:";
	function findTagObject(value, tagName, tags) {
		if (tagName) {
			const match = tags.filter((t) => t.tag === tagName);
			const tagObj = match.find((t) => !t.format) ?? match[0];
			if (!tagObj) throw new Error(`Tag ${tagName} not found`);
			return tagObj;
		}
		return tags.find((t) => t.identify?.(value) && !t.format);
	}
	function createNode(value, tagName, ctx) {
		if (identity.isDocument(value)) value = value.contents;
		if (identity.isNode(value)) return value;
		if (identity.isPair(value)) {
			const map = ctx.schema[identity.MAP].createNode?.(ctx.schema, null, ctx);
			map.items.push(value);
			return map;
		}
		if (value instanceof String || value instanceof Number || value instanceof Boolean || typeof BigInt !== "undefined" && value instanceof BigInt) value = value.valueOf();
		const { aliasDuplicateObjects, onAnchor, onTagObj, schema, sourceObjects } = ctx;
		let ref = void 0;
		if (aliasDuplicateObjects && value && typeof value === "object") {
			ref = sourceObjects.get(value);
			if (ref) {
				ref.anchor ?? (ref.anchor = onAnchor(value));
				return new Alias.Alias(ref.anchor);
			} else {
				ref = {
					anchor: null,
					node: null
				};
				sourceObjects.set(value, ref);
			}
		}
		if (tagName?.startsWith("!!")) tagName = defaultTagPrefix + tagName.slice(2);
		let tagObj = findTagObject(value, tagName, schema.tags);
		if (!tagObj) {
			if (value && typeof value.toJSON === "function") value = value.toJSON();
			if (!value || typeof value !== "object") {
				const node = new Scalar.Scalar(value);
				if (ref) ref.node = node;
				return node;
			}
			tagObj = value instanceof Map ? schema[identity.MAP] : Symbol.iterator in Object(value) ? schema[identity.SEQ] : schema[identity.MAP];
		}
		if (onTagObj) {
			onTagObj(tagObj);
			delete ctx.onTagObj;
		}
		const node = tagObj?.createNode ? tagObj.createNode(ctx.schema, value, ctx) : typeof tagObj?.nodeClass?.from === "function" ? tagObj.nodeClass.from(ctx.schema, value, ctx) : new Scalar.Scalar(value);
		if (tagName) node.tag = tagName;
		else if (!tagObj.default) node.tag = tagObj.tag;
		if (ref) ref.node = node;
		return node;
	}
	exports.createNode = createNode;
}));
// node_modules/yaml/dist/nodes/Collection.js
var require_Collection = /* @__PURE__ */ __commonJSMin(((exports) => {
	var createNode = require_createNode();
	var identity = require_identity();
	var Node = require_Node();
	function collectionFromPath(schema, path, value) {
		let v = value;
		for (let i = path.length - 1; i >= 0; --i) {
			const k = path[i];
			if (typeof k === "number" && Number.isInteger(k) && k >= 0) {
				const a = [];
				a[k] = v;
				v = a;
			} else v = /* @__PURE__ */ new Map([[k, v]]);
		}
		return createNode.createNode(v, void 0, {
			aliasDuplicateObjects: false,
			keepUndefined: false,
			onAnchor: () => {
				throw new Error("This should not happen, please report a bug.");
			},
			schema,
			sourceObjects: /* @__PURE__ */ new Map()
		});
	}
	const isEmptyPath = (path) => path == null || typeof path === "object" && !!path[Symbol.iterator]().next().done;
	var Collection = class extends Node.NodeBase {
		constructor(type, schema) {
			super(type);
			Object.defineProperty(this, "schema", {
				value: schema,
				configurable: true,
				enumerable: false,
				writable: true
			});
		}
		/**
		* Create a copy of this collection.
		*
		* @param schema - If defined, overwrites the original's schema
		*/
		clone(schema) {
			const copy = Object.create(Object.getPrototypeOf(this), Object.getOwnPropertyDescriptors(this));
			if (schema) copy.schema = schema;
			copy.items = copy.items.map((it) => identity.isNode(it) || identity.isPair(it) ? it.clone(schema) : it);
			if (this.range) copy.range = this.range.slice();
			return copy;
		}
		/**
		* Adds a value to the collection. For `!!map` and `!!omap` the value must
		* be a Pair instance or a `{ key, value }` object, which may not have a key
		* that already exists in the map.
		*/
		addIn(path, value) {
			if (isEmptyPath(path)) this.add(value);
			else {
				const [key, ...rest] = path;
				const node = this.get(key, true);
				if (identity.isCollection(node)) node.addIn(rest, value);
				else if (node === void 0 && this.schema) this.set(key, collectionFromPath(this.schema, rest, value));
				else throw new Error(`Expected YAML collection at ${key}. Remaining path: ${rest}`);
			}
		}
		/**
		* Removes a value from the collection.
		* @returns `true` if the item was found and removed.
		*/
		deleteIn(path) {
			const [key, ...rest] = path;
			if (rest.length === 0) return this.delete(key);
			const node = this.get(key, true);
			if (identity.isCollection(node)) return node.deleteIn(rest);
			else throw new Error(`Expected YAML collection at ${key}. Remaining path: ${rest}`);
		}
		/**
		* Returns item at `key`, or `undefined` if not found. By default unwraps
		* scalar values from their surrounding node; to disable set `keepScalar` to
		* `true` (collections are always returned intact).
		*/
		getIn(path, keepScalar) {
			const [key, ...rest] = path;
			const node = this.get(key, true);
			if (rest.length === 0) return !keepScalar && identity.isScalar(node) ? node.value : node;
			else return identity.isCollection(node) ? node.getIn(rest, keepScalar) : void 0;
		}
		hasAllNullValues(allowScalar) {
			return this.items.every((node) => {
				if (!identity.isPair(node)) return false;
				const n = node.value;
				return n == null || allowScalar && identity.isScalar(n) && n.value == null && !n.commentBefore && !n.comment && !n.tag;
			});
		}
		/**
		* Checks if the collection includes a value with the key `key`.
		*/
		hasIn(path) {
			const [key, ...rest] = path;
			if (rest.length === 0) return this.has(key);
			const node = this.get(key, true);
			return identity.isCollection(node) ? node.hasIn(rest) : false;
		}
		/**
		* Sets a value in this collection. For `!!set`, `value` needs to be a
		* boolean to add/remove the item from the set.
		*/
		setIn(path, value) {
			const [key, ...rest] = path;
			if (rest.length === 0) this.set(key, value);
			else {
				const node = this.get(key, true);
				if (identity.isCollection(node)) node.setIn(rest, value);
				else if (node === void 0 && this.schema) this.set(key, collectionFromPath(this.schema, rest, value));
				else throw new Error(`Expected YAML collection at ${key}. Remaining path: ${rest}`);
			}
		}
	};
	exports.Collection = Collection;
	exports.collectionFromPath = collectionFromPath;
	exports.isEmptyPath = isEmptyPath;
}));
// node_modules/yaml/dist/stringify/stringifyComment.js
var require_stringifyComment = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Stringifies a comment.
	*
	* Empty comment lines are left empty,
	* lines consisting of a single space are replaced by `#`,
	* and all other lines are prefixed with a `#`.
	*/
	const stringifyComment = (str) => str.replace(/^(?!$)(?: $)?/gm, "#");
	function indentComment(comment, indent) {
		if (/^\n+$/.test(comment)) return comment.substring(1);
		return indent ? comment.replace(/^(?! *$)/gm, indent) : comment;
	}
	const lineComment = (str, indent, comment) => str.endsWith("\n") ? indentComment(comment, indent) : comment.includes("\n") ? "\n" + indentComment(comment, indent) : (str.endsWith(" ") ? "" : " ") + comment;
	exports.indentComment = indentComment;
	exports.lineComment = lineComment;
	exports.stringifyComment = stringifyComment;
}));
// node_modules/yaml/dist/stringify/foldFlowLines.js
var require_foldFlowLines = /* @__PURE__ */ __commonJSMin(((exports) => {
	const FOLD_FLOW = "flow";
	const FOLD_BLOCK = "block";
	const FOLD_QUOTED = "quoted";
	/**
	* Tries to keep input at up to `lineWidth` characters, splitting only on spaces
	* not followed by newlines or spaces unless `mode` is `'quoted'`. Lines are
	* terminated with `\n` and started with `indent`.
	*/
	function foldFlowLines(text, indent, mode = "flow", { indentAtStart, lineWidth = 80, minContentWidth = 20, onFold, onOverflow } = {}) {
		if (!lineWidth || lineWidth < 0) return text;
		if (lineWidth < minContentWidth) minContentWidth = 0;
		const endStep = Math.max(1 + minContentWidth, 1 + lineWidth - indent.length);
		if (text.length <= endStep) return text;
		const folds = [];
		const escapedFolds = {};
		let end = lineWidth - indent.length;
		if (typeof indentAtStart === "number") {
			if (indentAtStart > lineWidth - Math.max(2, minContentWidth)) folds.push(0);
			else end = lineWidth - indentAtStart;
		}
		let split = void 0;
		let prev = void 0;
		let overflow = false;
		let i = -1;
		let escStart = -1;
		let escEnd = -1;
		if (mode === FOLD_BLOCK) {
			i = consumeMoreIndentedLines(text, i, indent.length);
			if (i !== -1) end = i + endStep;
		}
		for (let ch; ch = text[i += 1];) {
			if (mode === FOLD_QUOTED && ch === "\\") {
				escStart = i;
				switch (text[i + 1]) {
					case "x":
						i += 3;
						break;
					case "u":
						i += 5;
						break;
					case "U":
						i += 9;
						break;
					default: i += 1;
				}
				escEnd = i;
			}
			if (ch === "\n") {
				if (mode === FOLD_BLOCK) i = consumeMoreIndentedLines(text, i, indent.length);
				end = i + indent.length + endStep;
				split = void 0;
			} else {
				if (ch === " " && prev && prev !== " " && prev !== "\n" && prev !== "	") {
					const next = text[i + 1];
					if (next && next !== " " && next !== "\n" && next !== "	") split = i;
				}
				if (i >= end) {
					if (split) {
						folds.push(split);
						end = split + endStep;
						split = void 0;
					} else if (mode === FOLD_QUOTED) {
						while (prev === " " || prev === "	") {
							prev = ch;
							ch = text[i += 1];
							overflow = true;
						}
						const j = i > escEnd + 1 ? i - 2 : escStart - 1;
						if (escapedFolds[j]) return text;
						folds.push(j);
						escapedFolds[j] = true;
						end = j + endStep;
						split = void 0;
					} else overflow = true;
				}
			}
			prev = ch;
		}
		if (overflow && onOverflow) onOverflow();
		if (folds.length === 0) return text;
		if (onFold) onFold();
		let res = text.slice(0, folds[0]);
		for (let i = 0; i < folds.length; ++i) {
			const fold = folds[i];
			const end = folds[i + 1] || text.length;
			if (fold === 0) res = `\n${indent}${text.slice(0, end)}`;
			else {
				if (mode === FOLD_QUOTED && escapedFolds[fold]) res += `${text[fold]}\\`;
				res += `\n${indent}${text.slice(fold + 1, end)}`;
			}
		}
		return res;
	}
	/**
	* Presumes `i + 1` is at the start of a line
	* @returns index of last newline in more-indented block
	*/
	function consumeMoreIndentedLines(text, i, indent) {
		let end = i;
		let start = i + 1;
		let ch = text[start];
		while (ch === " " || ch === "	") if (i < start + indent) ch = text[++i];
		else {
			do
				ch = text[++i];
			while (ch && ch !== "\n");
			end = i;
			start = i + 1;
			ch = text[start];
		}
		return end;
	}
	exports.FOLD_BLOCK = FOLD_BLOCK;
	exports.FOLD_FLOW = FOLD_FLOW;
	exports.FOLD_QUOTED = FOLD_QUOTED;
	exports.foldFlowLines = foldFlowLines;
}));
// node_modules/yaml/dist/stringify/stringifyString.js
var require_stringifyString = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	var foldFlowLines = require_foldFlowLines();
	const getFoldOptions = (ctx, isBlock) => ({
		indentAtStart: isBlock ? ctx.indent.length : ctx.indentAtStart,
		lineWidth: ctx.options.lineWidth,
		minContentWidth: ctx.options.minContentWidth
	});
	const containsDocumentMarker = (str) => /^(%|---|\.\.\.)/m.test(str);
	function lineLengthOverLimit(str, lineWidth, indentLength) {
		if (!lineWidth || lineWidth < 0) return false;
		const limit = lineWidth - indentLength;
		const strLen = str.length;
		if (strLen <= limit) return false;
		for (let i = 0, start = 0; i < strLen; ++i) if (str[i] === "\n") {
			if (i - start > limit) return true;
			start = i + 1;
			if (strLen - start <= limit) return false;
		}
		return true;
	}
	function doubleQuotedString(value, ctx) {
		const json = JSON.stringify(value);
		if (ctx.options.doubleQuotedAsJSON) return json;
		const { implicitKey } = ctx;
		const minMultiLineLength = ctx.options.doubleQuotedMinMultiLineLength;
		const indent = ctx.indent || (containsDocumentMarker(value) ? "  " : "");
		let str = "";
		let start = 0;
		for (let i = 0, ch = json[i]; ch; ch = json[++i]) {
			if (ch === " " && json[i + 1] === "\\" && json[i + 2] === "n") {
				str += json.slice(start, i) + "\\ ";
				i += 1;
				start = i;
				ch = "\\";
			}
			if (ch === "\\") switch (json[i + 1]) {
				case "u":
					{
						str += json.slice(start, i);
						const code = json.substr(i + 2, 4);
						switch (code) {
							case "0000":
								str += "\\0";
								break;
							case "0007":
								str += "\\a";
								break;
							case "000b":
								str += "\\v";
								break;
							case "001b":
								str += "\\e";
								break;
							case "0085":
								str += "\\N";
								break;
							case "00a0":
								str += "\\_";
								break;
							case "2028":
								str += "\\L";
								break;
							case "2029":
								str += "\\P";
								break;
							default: if (code.substr(0, 2) === "00") str += "\\x" + code.substr(2);
							else str += json.substr(i, 6);
						}
						i += 5;
						start = i + 1;
					}
					break;
				case "n":
					if (implicitKey || json[i + 2] === "\"" || json.length < minMultiLineLength) i += 1;
					else {
						str += json.slice(start, i) + "\n\n";
						while (json[i + 2] === "\\" && json[i + 3] === "n" && json[i + 4] !== "\"") {
							str += "\n";
							i += 2;
						}
						str += indent;
						if (json[i + 2] === " ") str += "\\";
						i += 1;
						start = i + 1;
					}
					break;
				default: i += 1;
			}
		}
		str = start ? str + json.slice(start) : json;
		return implicitKey ? str : foldFlowLines.foldFlowLines(str, indent, foldFlowLines.FOLD_QUOTED, getFoldOptions(ctx, false));
	}
	function singleQuotedString(value, ctx) {
		if (ctx.options.singleQuote === false || ctx.implicitKey && value.includes("\n") || /[ \t]\n|\n[ \t]/.test(value)) return doubleQuotedString(value, ctx);
		const indent = ctx.indent || (containsDocumentMarker(value) ? "  " : "");
		const res = "'" + value.replace(/'/g, "''").replace(/\n+/g, `$&\n${indent}`) + "'";
		return ctx.implicitKey ? res : foldFlowLines.foldFlowLines(res, indent, foldFlowLines.FOLD_FLOW, getFoldOptions(ctx, false));
	}
	function quotedString(value, ctx) {
		const { singleQuote } = ctx.options;
		let qs;
		if (singleQuote === false) qs = doubleQuotedString;
		else {
			const hasDouble = value.includes("\"");
			const hasSingle = value.includes("'");
			if (hasDouble && !hasSingle) qs = singleQuotedString;
			else if (hasSingle && !hasDouble) qs = doubleQuotedString;
			else qs = singleQuote ? singleQuotedString : doubleQuotedString;
		}
		return qs(value, ctx);
	}
	let blockEndNewlines;
	try {
		blockEndNewlines = new RegExp("(^|(?<!\n))\n+(?!\n|$)", "g");
	} catch {
		blockEndNewlines = /\n+(?!\n|$)/g;
	}
	function blockString({ comment, type, value }, ctx, onComment, onChompKeep) {
		const { blockQuote, commentString, lineWidth } = ctx.options;
		if (!blockQuote || /\n[\t ]+$/.test(value)) return quotedString(value, ctx);
		const indent = ctx.indent || (ctx.forceBlockIndent || containsDocumentMarker(value) ? "  " : "");
		const literal = blockQuote === "literal" ? true : blockQuote === "folded" || type === Scalar.Scalar.BLOCK_FOLDED ? false : type === Scalar.Scalar.BLOCK_LITERAL ? true : !lineLengthOverLimit(value, lineWidth, indent.length);
		if (!value) return literal ? "|\n" : ">\n";
		let chomp;
		let endStart;
		for (endStart = value.length; endStart > 0; --endStart) {
			const ch = value[endStart - 1];
			if (ch !== "\n" && ch !== "	" && ch !== " ") break;
		}
		let end = value.substring(endStart);
		const endNlPos = end.indexOf("\n");
		if (endNlPos === -1) chomp = "-";
		else if (value === end || endNlPos !== end.length - 1) {
			chomp = "+";
			if (onChompKeep) onChompKeep();
		} else chomp = "";
		if (end) {
			value = value.slice(0, -end.length);
			if (end[end.length - 1] === "\n") end = end.slice(0, -1);
			end = end.replace(blockEndNewlines, `$&${indent}`);
		}
		let startWithSpace = false;
		let startEnd;
		let startNlPos = -1;
		for (startEnd = 0; startEnd < value.length; ++startEnd) {
			const ch = value[startEnd];
			if (ch === " ") startWithSpace = true;
			else if (ch === "\n") startNlPos = startEnd;
			else break;
		}
		let start = value.substring(0, startNlPos < startEnd ? startNlPos + 1 : startEnd);
		if (start) {
			value = value.substring(start.length);
			start = start.replace(/\n+/g, `$&${indent}`);
		}
		let header = (startWithSpace ? indent ? "2" : "1" : "") + chomp;
		if (comment) {
			header += " " + commentString(comment.replace(/ ?[\r\n]+/g, " "));
			if (onComment) onComment();
		}
		if (!literal) {
			const foldedValue = value.replace(/\n+/g, "\n$&").replace(/(?:^|\n)([\t ].*)(?:([\n\t ]*)\n(?![\n\t ]))?/g, "$1$2").replace(/\n+/g, `$&${indent}`);
			let literalFallback = false;
			const foldOptions = getFoldOptions(ctx, true);
			if (blockQuote !== "folded" && type !== Scalar.Scalar.BLOCK_FOLDED) foldOptions.onOverflow = () => {
				literalFallback = true;
			};
			const body = foldFlowLines.foldFlowLines(`${start}${foldedValue}${end}`, indent, foldFlowLines.FOLD_BLOCK, foldOptions);
			if (!literalFallback) return `>${header}\n${indent}${body}`;
		}
		value = value.replace(/\n+/g, `$&${indent}`);
		return `|${header}\n${indent}${start}${value}${end}`;
	}
	function plainString(item, ctx, onComment, onChompKeep) {
		const { type, value } = item;
		const { actualString, implicitKey, indent, indentStep, inFlow } = ctx;
		if (implicitKey && value.includes("\n") || inFlow && /[[\]{},]/.test(value)) return quotedString(value, ctx);
		if (/^[\n\t ,[\]{}#&*!|>'"%@`]|^[?-]$|^[?-][ \t]|[\n:][ \t]|[ \t]\n|[\n\t ]#|[\n\t :]$/.test(value)) return implicitKey || inFlow || !value.includes("\n") ? quotedString(value, ctx) : blockString(item, ctx, onComment, onChompKeep);
		if (!implicitKey && !inFlow && type !== Scalar.Scalar.PLAIN && value.includes("\n")) return blockString(item, ctx, onComment, onChompKeep);
		if (containsDocumentMarker(value)) {
			if (indent === "") {
				ctx.forceBlockIndent = true;
				return blockString(item, ctx, onComment, onChompKeep);
			} else if (implicitKey && indent === indentStep) return quotedString(value, ctx);
		}
		const str = value.replace(/\n+/g, `$&\n${indent}`);
		if (actualString) {
			const test = (tag) => tag.default && tag.tag !== "tag:yaml.org,2002:str" && tag.test?.test(str);
			const { compat, tags } = ctx.doc.schema;
			if (tags.some(test) || compat?.some(test)) return quotedString(value, ctx);
		}
		return implicitKey ? str : foldFlowLines.foldFlowLines(str, indent, foldFlowLines.FOLD_FLOW, getFoldOptions(ctx, false));
	}
	function stringifyString(item, ctx, onComment, onChompKeep) {
		const { implicitKey, inFlow } = ctx;
		const ss = typeof item.value === "string" ? item : Object.assign({}, item, { value: String(item.value) });
		let { type } = item;
		if (type !== Scalar.Scalar.QUOTE_DOUBLE) {
			if (/[\x00-\x08\x0b-\x1f\x7f-\x9f\u{D800}-\u{DFFF}]/u.test(ss.value)) type = Scalar.Scalar.QUOTE_DOUBLE;
		}
		const _stringify = (_type) => {
			switch (_type) {
				case Scalar.Scalar.BLOCK_FOLDED:
				case Scalar.Scalar.BLOCK_LITERAL: return implicitKey || inFlow ? quotedString(ss.value, ctx) : blockString(ss, ctx, onComment, onChompKeep);
				case Scalar.Scalar.QUOTE_DOUBLE: return doubleQuotedString(ss.value, ctx);
				case Scalar.Scalar.QUOTE_SINGLE: return singleQuotedString(ss.value, ctx);
				case Scalar.Scalar.PLAIN: return plainString(ss, ctx, onComment, onChompKeep);
				default: return null;
			}
		};
		let res = _stringify(type);
		if (res === null) {
			const { defaultKeyType, defaultStringType } = ctx.options;
			const t = implicitKey && defaultKeyType || defaultStringType;
			res = _stringify(t);
			if (res === null) throw new Error(`Unsupported default string type ${t}`);
		}
		return res;
	}
	exports.stringifyString = stringifyString;
}));
// node_modules/yaml/dist/stringify/stringify.js
var require_stringify = /* @__PURE__ */ __commonJSMin(((exports) => {
	var anchors = require_anchors();
	var identity = require_identity();
	var stringifyComment = require_stringifyComment();
	var stringifyString = require_stringifyString();
	function createStringifyContext(doc, options) {
		const opt = Object.assign({
			blockQuote: true,
			commentString: stringifyComment.stringifyComment,
			defaultKeyType: null,
			defaultStringType: "PLAIN",
			directives: null,
			doubleQuotedAsJSON: false,
			doubleQuotedMinMultiLineLength: 40,
			falseStr: "false",
			flowCollectionPadding: true,
			indentSeq: true,
			lineWidth: 80,
			minContentWidth: 20,
			nullStr: "null",
			simpleKeys: false,
			singleQuote: null,
			trailingComma: false,
			trueStr: "true",
			verifyAliasOrder: true
		}, doc.schema.toStringOptions, options);
		let inFlow;
		switch (opt.collectionStyle) {
			case "block":
				inFlow = false;
				break;
			case "flow":
				inFlow = true;
				break;
			default: inFlow = null;
		}
		return {
			anchors: /* @__PURE__ */ new Set(),
			doc,
			flowCollectionPadding: opt.flowCollectionPadding ? " " : "",
			indent: "",
			indentStep: typeof opt.indent === "number" ? " ".repeat(opt.indent) : "  ",
			inFlow,
			options: opt
		};
	}
	function getTagObject(tags, item) {
		if (item.tag) {
			const match = tags.filter((t) => t.tag === item.tag);
			if (match.length > 0) return match.find((t) => t.format === item.format) ?? match[0];
		}
		let tagObj = void 0;
		let obj;
		if (identity.isScalar(item)) {
			obj = item.value;
			let match = tags.filter((t) => t.identify?.(obj));
			if (match.length > 1) {
				const testMatch = match.filter((t) => t.test);
				if (testMatch.length > 0) match = testMatch;
			}
			tagObj = match.find((t) => t.format === item.format) ?? match.find((t) => !t.format);
		} else {
			obj = item;
			tagObj = tags.find((t) => t.nodeClass && obj instanceof t.nodeClass);
		}
		if (!tagObj) {
			const name = obj?.constructor?.name ?? (obj === null ? "null" : typeof obj);
			throw new Error(`Tag not resolved for ${name} value`);
		}
		return tagObj;
	}
	function stringifyProps(node, tagObj, { anchors: anchors$1, doc }) {
		if (!doc.directives) return "";
		const props = [];
		const anchor = (identity.isScalar(node) || identity.isCollection(node)) && node.anchor;
		if (anchor && anchors.anchorIsValid(anchor)) {
			anchors$1.add(anchor);
			props.push(`&${anchor}`);
		}
		const tag = node.tag ?? (tagObj.default ? null : tagObj.tag);
		if (tag) props.push(doc.directives.tagString(tag));
		return props.join(" ");
	}
	function stringify(item, ctx, onComment, onChompKeep) {
		if (identity.isPair(item)) return item.toString(ctx, onComment, onChompKeep);
		if (identity.isAlias(item)) {
			if (ctx.doc.directives) return item.toString(ctx);
			if (ctx.resolvedAliases?.has(item)) throw new TypeError(`Cannot stringify circular structure without alias nodes`);
			else {
				if (ctx.resolvedAliases) ctx.resolvedAliases.add(item);
				else ctx.resolvedAliases = /* @__PURE__ */ new Set([item]);
				item = item.resolve(ctx.doc);
			}
		}
		let tagObj = void 0;
		const node = identity.isNode(item) ? item : ctx.doc.createNode(item, { onTagObj: (o) => tagObj = o });
		tagObj ?? (tagObj = getTagObject(ctx.doc.schema.tags, node));
		const props = stringifyProps(node, tagObj, ctx);
		if (props.length > 0) ctx.indentAtStart = (ctx.indentAtStart ?? 0) + props.length + 1;
		const str = typeof tagObj.stringify === "function" ? tagObj.stringify(node, ctx, onComment, onChompKeep) : identity.isScalar(node) ? stringifyString.stringifyString(node, ctx, onComment, onChompKeep) : node.toString(ctx, onComment, onChompKeep);
		if (!props) return str;
		return identity.isScalar(node) || str[0] === "{" || str[0] === "[" ? `${props} ${str}` : `${props}\n${ctx.indent}${str}`;
	}
	exports.createStringifyContext = createStringifyContext;
	exports.stringify = stringify;
}));
// node_modules/yaml/dist/stringify/stringifyPair.js
var require_stringifyPair = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Scalar = require_Scalar();
	var stringify = require_stringify();
	var stringifyComment = require_stringifyComment();
	function stringifyPair({ key, value }, ctx, onComment, onChompKeep) {
		const { allNullValues, doc, indent, indentStep, options: { commentString, indentSeq, simpleKeys } } = ctx;
		let keyComment = identity.isNode(key) && key.comment || null;
		if (simpleKeys) {
			if (keyComment) throw new Error("With simple keys, key nodes cannot have comments");
			if (identity.isCollection(key) || !identity.isNode(key) && typeof key === "object") throw new Error("With simple keys, collection cannot be used as a key value");
		}
		let explicitKey = !simpleKeys && (!key || keyComment && value == null && !ctx.inFlow || identity.isCollection(key) || (identity.isScalar(key) ? key.type === Scalar.Scalar.BLOCK_FOLDED || key.type === Scalar.Scalar.BLOCK_LITERAL : typeof key === "object"));
		ctx = Object.assign({}, ctx, {
			allNullValues: false,
			implicitKey: !explicitKey && (simpleKeys || !allNullValues),
			indent: indent + indentStep
		});
		let keyCommentDone = false;
		let chompKeep = false;
		let str = stringify.stringify(key, ctx, () => keyCommentDone = true, () => chompKeep = true);
		if (!explicitKey && !ctx.inFlow && str.length > 1024) {
			if (simpleKeys) throw new Error("With simple keys, single line scalar must not span more than 1024 characters");
			explicitKey = true;
		}
		if (ctx.inFlow) {
			if (allNullValues || value == null) {
				if (keyCommentDone && onComment) onComment();
				return str === "" ? "?" : explicitKey ? `? ${str}` : str;
			}
		} else if (allNullValues && !simpleKeys || value == null && explicitKey) {
			str = `? ${str}`;
			if (keyComment && !keyCommentDone) str += stringifyComment.lineComment(str, ctx.indent, commentString(keyComment));
			else if (chompKeep && onChompKeep) onChompKeep();
			return str;
		}
		if (keyCommentDone) keyComment = null;
		if (explicitKey) {
			if (keyComment) str += stringifyComment.lineComment(str, ctx.indent, commentString(keyComment));
			str = `? ${str}\n${indent}:`;
		} else {
			str = `${str}:`;
			if (keyComment) str += stringifyComment.lineComment(str, ctx.indent, commentString(keyComment));
		}
		let vsb, vcb, valueComment;
		if (identity.isNode(value)) {
			vsb = !!value.spaceBefore;
			vcb = value.commentBefore;
			valueComment = value.comment;
		} else {
			vsb = false;
			vcb = null;
			valueComment = null;
			if (value && typeof value === "object") value = doc.createNode(value);
		}
		ctx.implicitKey = false;
		if (!explicitKey && !keyComment && identity.isScalar(value)) ctx.indentAtStart = str.length + 1;
		chompKeep = false;
		if (!indentSeq && indentStep.length >= 2 && !ctx.inFlow && !explicitKey && identity.isSeq(value) && !value.flow && !value.tag && !value.anchor) ctx.indent = ctx.indent.substring(2);
		let valueCommentDone = false;
		const valueStr = stringify.stringify(value, ctx, () => valueCommentDone = true, () => chompKeep = true);
		let ws = " ";
		if (keyComment || vsb || vcb) {
			ws = vsb ? "\n" : "";
			if (vcb) {
				const cs = commentString(vcb);
				ws += `\n${stringifyComment.indentComment(cs, ctx.indent)}`;
			}
			if (valueStr === "" && !ctx.inFlow) {
				if (ws === "\n" && valueComment) ws = "\n\n";
			} else ws += `\n${ctx.indent}`;
		} else if (!explicitKey && identity.isCollection(value)) {
			const vs0 = valueStr[0];
			const nl0 = valueStr.indexOf("\n");
			const hasNewline = nl0 !== -1;
			const flow = ctx.inFlow ?? value.flow ?? value.items.length === 0;
			if (hasNewline || !flow) {
				let hasPropsLine = false;
				if (hasNewline && (vs0 === "&" || vs0 === "!")) {
					let sp0 = valueStr.indexOf(" ");
					if (vs0 === "&" && sp0 !== -1 && sp0 < nl0 && valueStr[sp0 + 1] === "!") sp0 = valueStr.indexOf(" ", sp0 + 1);
					if (sp0 === -1 || nl0 < sp0) hasPropsLine = true;
				}
				if (!hasPropsLine) ws = `\n${ctx.indent}`;
			}
		} else if (valueStr === "" || valueStr[0] === "\n") ws = "";
		str += ws + valueStr;
		if (ctx.inFlow) {
			if (valueCommentDone && onComment) onComment();
		} else if (valueComment && !valueCommentDone) str += stringifyComment.lineComment(str, ctx.indent, commentString(valueComment));
		else if (chompKeep && onChompKeep) onChompKeep();
		return str;
	}
	exports.stringifyPair = stringifyPair;
}));
// node_modules/yaml/dist/log.js
var require_log = /* @__PURE__ */ __commonJSMin(((exports) => {
	var node_process = __require("process");
	function debug(logLevel, ...messages) {
		if (logLevel === "debug") console.log(...messages);
	}
	function warn(logLevel, warning) {
		if (logLevel === "debug" || logLevel === "warn") {
			if (typeof node_process.emitWarning === "function") node_process.emitWarning(warning);
			else console.warn(warning);
		}
	}
	exports.debug = debug;
	exports.warn = warn;
}));
// node_modules/yaml/dist/schema/yaml-1.1/merge.js
var require_merge = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Scalar = require_Scalar();
	const MERGE_KEY = "<<";
	const merge = {
		identify: (value) => value === MERGE_KEY || typeof value === "symbol" && value.description === MERGE_KEY,
		default: "key",
		tag: "tag:yaml.org,2002:merge",
		test: /^<<$/,
		resolve: () => Object.assign(new Scalar.Scalar(Symbol(MERGE_KEY)), { addToJSMap: addMergeToJSMap }),
		stringify: () => MERGE_KEY
	};
	const isMergeKey = (ctx, key) => (merge.identify(key) || identity.isScalar(key) && (!key.type || key.type === Scalar.Scalar.PLAIN) && merge.identify(key.value)) && ctx?.doc.schema.tags.some((tag) => tag.tag === merge.tag && tag.default);
	function addMergeToJSMap(ctx, map, value) {
		const source = resolveAliasValue(ctx, value);
		if (identity.isSeq(source)) for (const it of source.items) mergeValue(ctx, map, it);
		else if (Array.isArray(source)) for (const it of source) mergeValue(ctx, map, it);
		else mergeValue(ctx, map, source);
	}
	function mergeValue(ctx, map, value) {
		const source = resolveAliasValue(ctx, value);
		if (!identity.isMap(source)) throw new Error("Merge sources must be maps or map aliases");
		const srcMap = source.toJSON(null, ctx, Map);
		for (const [key, value] of srcMap) if (map instanceof Map) {
			if (!map.has(key)) map.set(key, value);
		} else if (map instanceof Set) map.add(key);
		else if (!Object.prototype.hasOwnProperty.call(map, key)) Object.defineProperty(map, key, {
			value,
			writable: true,
			enumerable: true,
			configurable: true
		});
		return map;
	}
	function resolveAliasValue(ctx, value) {
		return ctx && identity.isAlias(value) ? value.resolve(ctx.doc, ctx) : value;
	}
	exports.addMergeToJSMap = addMergeToJSMap;
	exports.isMergeKey = isMergeKey;
	exports.merge = merge;
}));
// node_modules/yaml/dist/nodes/addPairToJSMap.js
var require_addPairToJSMap = /* @__PURE__ */ __commonJSMin(((exports) => {
	var log = require_log();
	var merge = require_merge();
	var stringify = require_stringify();
	var identity = require_identity();
	var toJS = require_toJS();
	function addPairToJSMap(ctx, map, { key, value }) {
		if (identity.isNode(key) && key.addToJSMap) key.addToJSMap(ctx, map, value);
		else if (merge.isMergeKey(ctx, key)) merge.addMergeToJSMap(ctx, map, value);
		else {
			const jsKey = toJS.toJS(key, "", ctx);
			if (map instanceof Map) map.set(jsKey, toJS.toJS(value, jsKey, ctx));
			else if (map instanceof Set) map.add(jsKey);
			else {
				const stringKey = stringifyKey(key, jsKey, ctx);
				const jsValue = toJS.toJS(value, stringKey, ctx);
				if (stringKey in map) Object.defineProperty(map, stringKey, {
					value: jsValue,
					writable: true,
					enumerable: true,
					configurable: true
				});
				else map[stringKey] = jsValue;
			}
		}
		return map;
	}
	function stringifyKey(key, jsKey, ctx) {
		if (jsKey === null) return "";
		if (typeof jsKey !== "object") return String(jsKey);
		if (identity.isNode(key) && ctx?.doc) {
			const strCtx = stringify.createStringifyContext(ctx.doc, {});
			strCtx.anchors = /* @__PURE__ */ new Set();
			for (const node of ctx.anchors.keys()) strCtx.anchors.add(node.anchor);
			strCtx.inFlow = true;
			strCtx.inStringifyKey = true;
			const strKey = key.toString(strCtx);
			if (!ctx.mapKeyWarned) {
				let jsonStr = JSON.stringify(strKey);
				if (jsonStr.length > 40) jsonStr = jsonStr.substring(0, 36) + "...\"";
				log.warn(ctx.doc.options.logLevel, `Keys with collection values will be stringified due to JS Object restrictions: ${jsonStr}. Set mapAsMap: true to use object keys.`);
				ctx.mapKeyWarned = true;
			}
			return strKey;
		}
		return JSON.stringify(jsKey);
	}
	exports.addPairToJSMap = addPairToJSMap;
}));
// node_modules/yaml/dist/nodes/Pair.js
var require_Pair = /* @__PURE__ */ __commonJSMin(((exports) => {
	var createNode = require_createNode();
	var stringifyPair = require_stringifyPair();
	var addPairToJSMap = require_addPairToJSMap();
	var identity = require_identity();
	function createPair(key, value, ctx) {
		return new Pair(createNode.createNode(key, void 0, ctx), createNode.createNode(value, void 0, ctx));
	}
	var Pair = class Pair {
		constructor(key, value = null) {
			Object.defineProperty(this, identity.NODE_TYPE, { value: identity.PAIR });
			this.key = key;
			this.value = value;
		}
		clone(schema) {
			let { key, value } = this;
			if (identity.isNode(key)) key = key.clone(schema);
			if (identity.isNode(value)) value = value.clone(schema);
			return new Pair(key, value);
		}
		toJSON(_, ctx) {
			const pair = ctx?.mapAsMap ? /* @__PURE__ */ new Map() : {};
			return addPairToJSMap.addPairToJSMap(ctx, pair, this);
		}
		toString(ctx, onComment, onChompKeep) {
			return ctx?.doc ? stringifyPair.stringifyPair(this, ctx, onComment, onChompKeep) : JSON.stringify(this);
		}
	};
	exports.Pair = Pair;
	exports.createPair = createPair;
}));
// node_modules/yaml/dist/stringify/stringifyCollection.js
var require_stringifyCollection = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var stringify = require_stringify();
	var stringifyComment = require_stringifyComment();
	function stringifyCollection(collection, ctx, options) {
		return (ctx.inFlow ?? collection.flow ? stringifyFlowCollection : stringifyBlockCollection)(collection, ctx, options);
	}
	function stringifyBlockCollection({ comment, items }, ctx, { blockItemPrefix, flowChars, itemIndent, onChompKeep, onComment }) {
		const { indent, options: { commentString } } = ctx;
		const itemCtx = Object.assign({}, ctx, {
			indent: itemIndent,
			type: null
		});
		let chompKeep = false;
		const lines = [];
		for (let i = 0; i < items.length; ++i) {
			const item = items[i];
			let comment = null;
			if (identity.isNode(item)) {
				if (!chompKeep && item.spaceBefore) lines.push("");
				addCommentBefore(ctx, lines, item.commentBefore, chompKeep);
				if (item.comment) comment = item.comment;
			} else if (identity.isPair(item)) {
				const ik = identity.isNode(item.key) ? item.key : null;
				if (ik) {
					if (!chompKeep && ik.spaceBefore) lines.push("");
					addCommentBefore(ctx, lines, ik.commentBefore, chompKeep);
				}
			}
			chompKeep = false;
			let str = stringify.stringify(item, itemCtx, () => comment = null, () => chompKeep = true);
			if (comment) str += stringifyComment.lineComment(str, itemIndent, commentString(comment));
			if (chompKeep && comment) chompKeep = false;
			lines.push(blockItemPrefix + str);
		}
		let str;
		if (lines.length === 0) str = flowChars.start + flowChars.end;
		else {
			str = lines[0];
			for (let i = 1; i < lines.length; ++i) {
				const line = lines[i];
				str += line ? `\n${indent}${line}` : "\n";
			}
		}
		if (comment) {
			str += "\n" + stringifyComment.indentComment(commentString(comment), indent);
			if (onComment) onComment();
		} else if (chompKeep && onChompKeep) onChompKeep();
		return str;
	}
	function stringifyFlowCollection({ items }, ctx, { flowChars, itemIndent }) {
		const { indent, indentStep, flowCollectionPadding: fcPadding, options: { commentString } } = ctx;
		itemIndent += indentStep;
		const itemCtx = Object.assign({}, ctx, {
			indent: itemIndent,
			inFlow: true,
			type: null
		});
		let reqNewline = false;
		let linesAtValue = 0;
		const lines = [];
		for (let i = 0; i < items.length; ++i) {
			const item = items[i];
			let comment = null;
			if (identity.isNode(item)) {
				if (item.spaceBefore) lines.push("");
				addCommentBefore(ctx, lines, item.commentBefore, false);
				if (item.comment) comment = item.comment;
			} else if (identity.isPair(item)) {
				const ik = identity.isNode(item.key) ? item.key : null;
				if (ik) {
					if (ik.spaceBefore) lines.push("");
					addCommentBefore(ctx, lines, ik.commentBefore, false);
					if (ik.comment) reqNewline = true;
				}
				const iv = identity.isNode(item.value) ? item.value : null;
				if (iv) {
					if (iv.comment) comment = iv.comment;
					if (iv.commentBefore) reqNewline = true;
				} else if (item.value == null && ik?.comment) comment = ik.comment;
			}
			if (comment) reqNewline = true;
			let str = stringify.stringify(item, itemCtx, () => comment = null);
			reqNewline || (reqNewline = lines.length > linesAtValue || str.includes("\n"));
			if (i < items.length - 1) str += ",";
			else if (ctx.options.trailingComma) {
				if (ctx.options.lineWidth > 0) reqNewline || (reqNewline = lines.reduce((sum, line) => sum + line.length + 2, 2) + (str.length + 2) > ctx.options.lineWidth);
				if (reqNewline) str += ",";
			}
			if (comment) str += stringifyComment.lineComment(str, itemIndent, commentString(comment));
			lines.push(str);
			linesAtValue = lines.length;
		}
		const { start, end } = flowChars;
		if (lines.length === 0) return start + end;
		else {
			if (!reqNewline) {
				const len = lines.reduce((sum, line) => sum + line.length + 2, 2);
				reqNewline = ctx.options.lineWidth > 0 && len > ctx.options.lineWidth;
			}
			if (reqNewline) {
				let str = start;
				for (const line of lines) str += line ? `\n${indentStep}${indent}${line}` : "\n";
				return `${str}\n${indent}${end}`;
			} else return `${start}${fcPadding}${lines.join(" ")}${fcPadding}${end}`;
		}
	}
	function addCommentBefore({ indent, options: { commentString } }, lines, comment, chompKeep) {
		if (comment && chompKeep) comment = comment.replace(/^\n+/, "");
		if (comment) {
			const ic = stringifyComment.indentComment(commentString(comment), indent);
			lines.push(ic.trimStart());
		}
	}
	exports.stringifyCollection = stringifyCollection;
}));
// node_modules/yaml/dist/nodes/YAMLMap.js
var require_YAMLMap = /* @__PURE__ */ __commonJSMin(((exports) => {
	var stringifyCollection = require_stringifyCollection();
	var addPairToJSMap = require_addPairToJSMap();
	var Collection = require_Collection();
	var identity = require_identity();
	var Pair = require_Pair();
	var Scalar = require_Scalar();
	function findPair(items, key) {
		const k = identity.isScalar(key) ? key.value : key;
		for (const it of items) if (identity.isPair(it)) {
			if (it.key === key || it.key === k) return it;
			if (identity.isScalar(it.key) && it.key.value === k) return it;
		}
	}
	var YAMLMap = class extends Collection.Collection {
		static get tagName() {
			return "tag:yaml.org,2002:map";
		}
		constructor(schema) {
			super(identity.MAP, schema);
			this.items = [];
		}
		/**
		* A generic collection parsing method that can be extended
		* to other node classes that inherit from YAMLMap
		*/
		static from(schema, obj, ctx) {
			const { keepUndefined, replacer } = ctx;
			const map = new this(schema);
			const add = (key, value) => {
				if (typeof replacer === "function") value = replacer.call(obj, key, value);
				else if (Array.isArray(replacer) && !replacer.includes(key)) return;
				if (value !== void 0 || keepUndefined) map.items.push(Pair.createPair(key, value, ctx));
			};
			if (obj instanceof Map) for (const [key, value] of obj) add(key, value);
			else if (obj && typeof obj === "object") for (const key of Object.keys(obj)) add(key, obj[key]);
			if (typeof schema.sortMapEntries === "function") map.items.sort(schema.sortMapEntries);
			return map;
		}
		/**
		* Adds a value to the collection.
		*
		* @param overwrite - If not set `true`, using a key that is already in the
		*   collection will throw. Otherwise, overwrites the previous value.
		*/
		add(pair, overwrite) {
			let _pair;
			if (identity.isPair(pair)) _pair = pair;
			else if (!pair || typeof pair !== "object" || !("key" in pair)) _pair = new Pair.Pair(pair, pair?.value);
			else _pair = new Pair.Pair(pair.key, pair.value);
			const prev = findPair(this.items, _pair.key);
			const sortEntries = this.schema?.sortMapEntries;
			if (prev) {
				if (!overwrite) throw new Error(`Key ${_pair.key} already set`);
				if (identity.isScalar(prev.value) && Scalar.isScalarValue(_pair.value)) prev.value.value = _pair.value;
				else prev.value = _pair.value;
			} else if (sortEntries) {
				const i = this.items.findIndex((item) => sortEntries(_pair, item) < 0);
				if (i === -1) this.items.push(_pair);
				else this.items.splice(i, 0, _pair);
			} else this.items.push(_pair);
		}
		delete(key) {
			const it = findPair(this.items, key);
			if (!it) return false;
			return this.items.splice(this.items.indexOf(it), 1).length > 0;
		}
		get(key, keepScalar) {
			const node = findPair(this.items, key)?.value;
			return (!keepScalar && identity.isScalar(node) ? node.value : node) ?? void 0;
		}
		has(key) {
			return !!findPair(this.items, key);
		}
		set(key, value) {
			this.add(new Pair.Pair(key, value), true);
		}
		/**
		* @param ctx - Conversion context, originally set in Document#toJS()
		* @param {Class} Type - If set, forces the returned collection type
		* @returns Instance of Type, Map, or Object
		*/
		toJSON(_, ctx, Type) {
			const map = Type ? new Type() : ctx?.mapAsMap ? /* @__PURE__ */ new Map() : {};
			if (ctx?.onCreate) ctx.onCreate(map);
			for (const item of this.items) addPairToJSMap.addPairToJSMap(ctx, map, item);
			return map;
		}
		toString(ctx, onComment, onChompKeep) {
			if (!ctx) return JSON.stringify(this);
			for (const item of this.items) if (!identity.isPair(item)) throw new Error(`Map items must all be pairs; found ${JSON.stringify(item)} instead`);
			if (!ctx.allNullValues && this.hasAllNullValues(false)) ctx = Object.assign({}, ctx, { allNullValues: true });
			return stringifyCollection.stringifyCollection(this, ctx, {
				blockItemPrefix: "",
				flowChars: {
					start: "{",
					end: "}"
				},
				itemIndent: ctx.indent || "",
				onChompKeep,
				onComment
			});
		}
	};
	exports.YAMLMap = YAMLMap;
	exports.findPair = findPair;
}));
// node_modules/yaml/dist/schema/common/map.js
var require_map = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var YAMLMap = require_YAMLMap();
	exports.map = {
		collection: "map",
		default: true,
		nodeClass: YAMLMap.YAMLMap,
		tag: "tag:yaml.org,2002:map",
		resolve(map, onError) {
			if (!identity.isMap(map)) onError("Expected a mapping for this tag");
			return map;
		},
		createNode: (schema, obj, ctx) => YAMLMap.YAMLMap.from(schema, obj, ctx)
	};
}));
// node_modules/yaml/dist/nodes/YAMLSeq.js
var require_YAMLSeq = /* @__PURE__ */ __commonJSMin(((exports) => {
	var createNode = require_createNode();
	var stringifyCollection = require_stringifyCollection();
	var Collection = require_Collection();
	var identity = require_identity();
	var Scalar = require_Scalar();
	var toJS = require_toJS();
	var YAMLSeq = class extends Collection.Collection {
		static get tagName() {
			return "tag:yaml.org,2002:seq";
		}
		constructor(schema) {
			super(identity.SEQ, schema);
			this.items = [];
		}
		add(value) {
			this.items.push(value);
		}
		/**
		* Removes a value from the collection.
		*
		* `key` must contain a representation of an integer for this to succeed.
		* It may be wrapped in a `Scalar`.
		*
		* @returns `true` if the item was found and removed.
		*/
		delete(key) {
			const idx = asItemIndex(key);
			if (typeof idx !== "number") return false;
			return this.items.splice(idx, 1).length > 0;
		}
		get(key, keepScalar) {
			const idx = asItemIndex(key);
			if (typeof idx !== "number") return void 0;
			const it = this.items[idx];
			return !keepScalar && identity.isScalar(it) ? it.value : it;
		}
		/**
		* Checks if the collection includes a value with the key `key`.
		*
		* `key` must contain a representation of an integer for this to succeed.
		* It may be wrapped in a `Scalar`.
		*/
		has(key) {
			const idx = asItemIndex(key);
			return typeof idx === "number" && idx < this.items.length;
		}
		/**
		* Sets a value in this collection. For `!!set`, `value` needs to be a
		* boolean to add/remove the item from the set.
		*
		* If `key` does not contain a representation of an integer, this will throw.
		* It may be wrapped in a `Scalar`.
		*/
		set(key, value) {
			const idx = asItemIndex(key);
			if (typeof idx !== "number") throw new Error(`Expected a valid index, not ${key}.`);
			const prev = this.items[idx];
			if (identity.isScalar(prev) && Scalar.isScalarValue(value)) prev.value = value;
			else this.items[idx] = value;
		}
		toJSON(_, ctx) {
			const seq = [];
			if (ctx?.onCreate) ctx.onCreate(seq);
			let i = 0;
			for (const item of this.items) seq.push(toJS.toJS(item, String(i++), ctx));
			return seq;
		}
		toString(ctx, onComment, onChompKeep) {
			if (!ctx) return JSON.stringify(this);
			return stringifyCollection.stringifyCollection(this, ctx, {
				blockItemPrefix: "- ",
				flowChars: {
					start: "[",
					end: "]"
				},
				itemIndent: (ctx.indent || "") + "  ",
				onChompKeep,
				onComment
			});
		}
		static from(schema, obj, ctx) {
			const { replacer } = ctx;
			const seq = new this(schema);
			if (obj && Symbol.iterator in Object(obj)) {
				let i = 0;
				for (let it of obj) {
					if (typeof replacer === "function") {
						const key = obj instanceof Set ? it : String(i++);
						it = replacer.call(obj, key, it);
					}
					seq.items.push(createNode.createNode(it, void 0, ctx));
				}
			}
			return seq;
		}
	};
	function asItemIndex(key) {
		let idx = identity.isScalar(key) ? key.value : key;
		if (idx && typeof idx === "string") idx = Number(idx);
		return typeof idx === "number" && Number.isInteger(idx) && idx >= 0 ? idx : null;
	}
	exports.YAMLSeq = YAMLSeq;
}));
// node_modules/yaml/dist/schema/common/seq.js
var require_seq = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var YAMLSeq = require_YAMLSeq();
	exports.seq = {
		collection: "seq",
		default: true,
		nodeClass: YAMLSeq.YAMLSeq,
		tag: "tag:yaml.org,2002:seq",
		resolve(seq, onError) {
			if (!identity.isSeq(seq)) onError("Expected a sequence for this tag");
			return seq;
		},
		createNode: (schema, obj, ctx) => YAMLSeq.YAMLSeq.from(schema, obj, ctx)
	};
}));
// node_modules/yaml/dist/schema/common/string.js
var require_string = /* @__PURE__ */ __commonJSMin(((exports) => {
	var stringifyString = require_stringifyString();
	exports.string = {
		identify: (value) => typeof value === "string",
		default: true,
		tag: "tag:yaml.org,2002:str",
		resolve: (str) => str,
		stringify(item, ctx, onComment, onChompKeep) {
			ctx = Object.assign({ actualString: true }, ctx);
			return stringifyString.stringifyString(item, ctx, onComment, onChompKeep);
		}
	};
}));
// node_modules/yaml/dist/schema/common/null.js
var require_null = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	const nullTag = {
		identify: (value) => value == null,
		createNode: () => new Scalar.Scalar(null),
		default: true,
		tag: "tag:yaml.org,2002:null",
		test: /^(?:~|[Nn]ull|NULL)?$/,
		resolve: () => new Scalar.Scalar(null),
		stringify: ({ source }, ctx) => typeof source === "string" && nullTag.test.test(source) ? source : ctx.options.nullStr
	};
	exports.nullTag = nullTag;
}));
// node_modules/yaml/dist/schema/core/bool.js
var require_bool$1 = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	const boolTag = {
		identify: (value) => typeof value === "boolean",
		default: true,
		tag: "tag:yaml.org,2002:bool",
		test: /^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$/,
		resolve: (str) => new Scalar.Scalar(str[0] === "t" || str[0] === "T"),
		stringify({ source, value }, ctx) {
			if (source && boolTag.test.test(source)) {
				if (value === (source[0] === "t" || source[0] === "T")) return source;
			}
			return value ? ctx.options.trueStr : ctx.options.falseStr;
		}
	};
	exports.boolTag = boolTag;
}));
// node_modules/yaml/dist/stringify/stringifyNumber.js
var require_stringifyNumber = /* @__PURE__ */ __commonJSMin(((exports) => {
	function stringifyNumber({ format, minFractionDigits, tag, value }) {
		if (typeof value === "bigint") return String(value);
		const num = typeof value === "number" ? value : Number(value);
		if (!isFinite(num)) return isNaN(num) ? ".nan" : num < 0 ? "-.inf" : ".inf";
		let n = Object.is(value, -0) ? "-0" : JSON.stringify(value);
		if (!format && minFractionDigits && (!tag || tag === "tag:yaml.org,2002:float") && /^-?\d/.test(n) && !n.includes("e")) {
			let i = n.indexOf(".");
			if (i < 0) {
				i = n.length;
				n += ".";
			}
			let d = minFractionDigits - (n.length - i - 1);
			while (d-- > 0) n += "0";
		}
		return n;
	}
	exports.stringifyNumber = stringifyNumber;
}));
// node_modules/yaml/dist/schema/core/float.js
var require_float$1 = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	var stringifyNumber = require_stringifyNumber();
	const floatNaN = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		test: /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
		resolve: (str) => str.slice(-3).toLowerCase() === "nan" ? NaN : str[0] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
		stringify: stringifyNumber.stringifyNumber
	};
	const floatExp = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		format: "EXP",
		test: /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+$/,
		resolve: (str) => parseFloat(str),
		stringify(node) {
			const num = Number(node.value);
			return isFinite(num) ? num.toExponential() : stringifyNumber.stringifyNumber(node);
		}
	};
	exports.float = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		test: /^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)$/,
		resolve(str) {
			const node = new Scalar.Scalar(parseFloat(str));
			const dot = str.indexOf(".");
			if (dot !== -1 && str[str.length - 1] === "0") node.minFractionDigits = str.length - dot - 1;
			return node;
		},
		stringify: stringifyNumber.stringifyNumber
	};
	exports.floatExp = floatExp;
	exports.floatNaN = floatNaN;
}));
// node_modules/yaml/dist/schema/core/int.js
var require_int$1 = /* @__PURE__ */ __commonJSMin(((exports) => {
	var stringifyNumber = require_stringifyNumber();
	const intIdentify = (value) => typeof value === "bigint" || Number.isInteger(value);
	const intResolve = (str, offset, radix, { intAsBigInt }) => intAsBigInt ? BigInt(str) : parseInt(str.substring(offset), radix);
	function intStringify(node, radix, prefix) {
		const { value } = node;
		if (intIdentify(value) && value >= 0) return prefix + value.toString(radix);
		return stringifyNumber.stringifyNumber(node);
	}
	const intOct = {
		identify: (value) => intIdentify(value) && value >= 0,
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "OCT",
		test: /^0o[0-7]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 2, 8, opt),
		stringify: (node) => intStringify(node, 8, "0o")
	};
	const int = {
		identify: intIdentify,
		default: true,
		tag: "tag:yaml.org,2002:int",
		test: /^[-+]?[0-9]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 0, 10, opt),
		stringify: stringifyNumber.stringifyNumber
	};
	const intHex = {
		identify: (value) => intIdentify(value) && value >= 0,
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "HEX",
		test: /^0x[0-9a-fA-F]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 2, 16, opt),
		stringify: (node) => intStringify(node, 16, "0x")
	};
	exports.int = int;
	exports.intHex = intHex;
	exports.intOct = intOct;
}));
// node_modules/yaml/dist/schema/core/schema.js
var require_schema$2 = /* @__PURE__ */ __commonJSMin(((exports) => {
	var map = require_map();
	var _null = require_null();
	var seq = require_seq();
	var string = require_string();
	var bool = require_bool$1();
	var float = require_float$1();
	var int = require_int$1();
	exports.schema = [
		map.map,
		seq.seq,
		string.string,
		_null.nullTag,
		bool.boolTag,
		int.intOct,
		int.int,
		int.intHex,
		float.floatNaN,
		float.floatExp,
		float.float
	];
}));
// node_modules/yaml/dist/schema/json/schema.js
var require_schema$1 = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	var map = require_map();
	var seq = require_seq();
	function intIdentify(value) {
		return typeof value === "bigint" || Number.isInteger(value);
	}
	const stringifyJSON = ({ value }) => JSON.stringify(value);
	const jsonScalars = [
		{
			identify: (value) => typeof value === "string",
			default: true,
			tag: "tag:yaml.org,2002:str",
			resolve: (str) => str,
			stringify: stringifyJSON
		},
		{
			identify: (value) => value == null,
			createNode: () => new Scalar.Scalar(null),
			default: true,
			tag: "tag:yaml.org,2002:null",
			test: /^null$/,
			resolve: () => null,
			stringify: stringifyJSON
		},
		{
			identify: (value) => typeof value === "boolean",
			default: true,
			tag: "tag:yaml.org,2002:bool",
			test: /^true$|^false$/,
			resolve: (str) => str === "true",
			stringify: stringifyJSON
		},
		{
			identify: intIdentify,
			default: true,
			tag: "tag:yaml.org,2002:int",
			test: /^-?(?:0|[1-9][0-9]*)$/,
			resolve: (str, _onError, { intAsBigInt }) => intAsBigInt ? BigInt(str) : parseInt(str, 10),
			stringify: ({ value }) => intIdentify(value) ? value.toString() : JSON.stringify(value)
		},
		{
			identify: (value) => typeof value === "number",
			default: true,
			tag: "tag:yaml.org,2002:float",
			test: /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?$/,
			resolve: (str) => parseFloat(str),
			stringify: stringifyJSON
		}
	];
	exports.schema = [map.map, seq.seq].concat(jsonScalars, {
		default: true,
		tag: "",
		test: /^/,
		resolve(str, onError) {
			onError(`Unresolved plain scalar ${JSON.stringify(str)}`);
			return str;
		}
	});
}));
// node_modules/yaml/dist/schema/yaml-1.1/binary.js
var require_binary = /* @__PURE__ */ __commonJSMin(((exports) => {
	var node_buffer = __require("buffer");
	var Scalar = require_Scalar();
	var stringifyString = require_stringifyString();
	exports.binary = {
		identify: (value) => value instanceof Uint8Array,
		default: false,
		tag: "tag:yaml.org,2002:binary",
		/**
		* Returns a Buffer in node and an Uint8Array in browsers
		*
		* To use the resulting buffer as an image, you'll want to do something like:
		*
		*   const blob = new Blob([buffer], { type: 'image/jpeg' })
		*   document.querySelector('#photo').src = URL.createObjectURL(blob)
		*/
		resolve(src, onError) {
			if (typeof node_buffer.Buffer === "function") return node_buffer.Buffer.from(src, "base64");
			else if (typeof atob === "function") {
				const str = atob(src.replace(/[\n\r]/g, ""));
				const buffer = new Uint8Array(str.length);
				for (let i = 0; i < str.length; ++i) buffer[i] = str.charCodeAt(i);
				return buffer;
			} else {
				onError("This environment does not support reading binary tags; either Buffer or atob is required");
				return src;
			}
		},
		stringify({ comment, type, value }, ctx, onComment, onChompKeep) {
			if (!value) return "";
			const buf = value;
			let str;
			if (typeof node_buffer.Buffer === "function") str = buf instanceof node_buffer.Buffer ? buf.toString("base64") : node_buffer.Buffer.from(buf.buffer).toString("base64");
			else if (typeof btoa === "function") {
				let s = "";
				for (let i = 0; i < buf.length; ++i) s += String.fromCharCode(buf[i]);
				str = btoa(s);
			} else throw new Error("This environment does not support writing binary tags; either Buffer or btoa is required");
			type ?? (type = Scalar.Scalar.BLOCK_LITERAL);
			if (type !== Scalar.Scalar.QUOTE_DOUBLE) {
				const lineWidth = Math.max(ctx.options.lineWidth - ctx.indent.length, ctx.options.minContentWidth);
				const n = Math.ceil(str.length / lineWidth);
				const lines = new Array(n);
				for (let i = 0, o = 0; i < n; ++i, o += lineWidth) lines[i] = str.substr(o, lineWidth);
				str = lines.join(type === Scalar.Scalar.BLOCK_LITERAL ? "\n" : " ");
			}
			return stringifyString.stringifyString({
				comment,
				type,
				value: str
			}, ctx, onComment, onChompKeep);
		}
	};
}));
// node_modules/yaml/dist/schema/yaml-1.1/pairs.js
var require_pairs = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Pair = require_Pair();
	var Scalar = require_Scalar();
	var YAMLSeq = require_YAMLSeq();
	function resolvePairs(seq, onError) {
		if (identity.isSeq(seq)) for (let i = 0; i < seq.items.length; ++i) {
			let item = seq.items[i];
			if (identity.isPair(item)) continue;
			else if (identity.isMap(item)) {
				if (item.items.length > 1) onError("Each pair must have its own sequence indicator");
				const pair = item.items[0] || new Pair.Pair(new Scalar.Scalar(null));
				if (item.commentBefore) pair.key.commentBefore = pair.key.commentBefore ? `${item.commentBefore}\n${pair.key.commentBefore}` : item.commentBefore;
				if (item.comment) {
					const cn = pair.value ?? pair.key;
					cn.comment = cn.comment ? `${item.comment}\n${cn.comment}` : item.comment;
				}
				item = pair;
			}
			seq.items[i] = identity.isPair(item) ? item : new Pair.Pair(item);
		}
		else onError("Expected a sequence for this tag");
		return seq;
	}
	function createPairs(schema, iterable, ctx) {
		const { replacer } = ctx;
		const pairs = new YAMLSeq.YAMLSeq(schema);
		pairs.tag = "tag:yaml.org,2002:pairs";
		let i = 0;
		if (iterable && Symbol.iterator in Object(iterable)) for (let it of iterable) {
			if (typeof replacer === "function") it = replacer.call(iterable, String(i++), it);
			let key, value;
			if (Array.isArray(it)) {
				if (it.length === 2) {
					key = it[0];
					value = it[1];
				} else throw new TypeError(`Expected [key, value] tuple: ${it}`);
			} else if (it && it instanceof Object) {
				const keys = Object.keys(it);
				if (keys.length === 1) {
					key = keys[0];
					value = it[key];
				} else throw new TypeError(`Expected tuple with one key, not ${keys.length} keys`);
			} else key = it;
			pairs.items.push(Pair.createPair(key, value, ctx));
		}
		return pairs;
	}
	const pairs = {
		collection: "seq",
		default: false,
		tag: "tag:yaml.org,2002:pairs",
		resolve: resolvePairs,
		createNode: createPairs
	};
	exports.createPairs = createPairs;
	exports.pairs = pairs;
	exports.resolvePairs = resolvePairs;
}));
// node_modules/yaml/dist/schema/yaml-1.1/omap.js
var require_omap = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var toJS = require_toJS();
	var YAMLMap = require_YAMLMap();
	var YAMLSeq = require_YAMLSeq();
	var pairs = require_pairs();
	var YAMLOMap = class YAMLOMap extends YAMLSeq.YAMLSeq {
		constructor() {
			super();
			this.add = YAMLMap.YAMLMap.prototype.add.bind(this);
			this.delete = YAMLMap.YAMLMap.prototype.delete.bind(this);
			this.get = YAMLMap.YAMLMap.prototype.get.bind(this);
			this.has = YAMLMap.YAMLMap.prototype.has.bind(this);
			this.set = YAMLMap.YAMLMap.prototype.set.bind(this);
			this.tag = YAMLOMap.tag;
		}
		/**
		* If `ctx` is given, the return type is actually `Map<unknown, unknown>`,
		* but TypeScript won't allow widening the signature of a child method.
		*/
		toJSON(_, ctx) {
			if (!ctx) return super.toJSON(_);
			const map = /* @__PURE__ */ new Map();
			if (ctx?.onCreate) ctx.onCreate(map);
			for (const pair of this.items) {
				let key, value;
				if (identity.isPair(pair)) {
					key = toJS.toJS(pair.key, "", ctx);
					value = toJS.toJS(pair.value, key, ctx);
				} else key = toJS.toJS(pair, "", ctx);
				if (map.has(key)) throw new Error("Ordered maps must not include duplicate keys");
				map.set(key, value);
			}
			return map;
		}
		static from(schema, iterable, ctx) {
			const pairs$1 = pairs.createPairs(schema, iterable, ctx);
			const omap = new this();
			omap.items = pairs$1.items;
			return omap;
		}
	};
	YAMLOMap.tag = "tag:yaml.org,2002:omap";
	const omap = {
		collection: "seq",
		identify: (value) => value instanceof Map,
		nodeClass: YAMLOMap,
		default: false,
		tag: "tag:yaml.org,2002:omap",
		resolve(seq, onError) {
			const pairs$1 = pairs.resolvePairs(seq, onError);
			const seenKeys = [];
			for (const { key } of pairs$1.items) if (identity.isScalar(key)) {
				if (seenKeys.includes(key.value)) onError(`Ordered maps must not include duplicate keys: ${key.value}`);
				else seenKeys.push(key.value);
			}
			return Object.assign(new YAMLOMap(), pairs$1);
		},
		createNode: (schema, iterable, ctx) => YAMLOMap.from(schema, iterable, ctx)
	};
	exports.YAMLOMap = YAMLOMap;
	exports.omap = omap;
}));
// node_modules/yaml/dist/schema/yaml-1.1/bool.js
var require_bool = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	function boolStringify({ value, source }, ctx) {
		if (source && (value ? trueTag : falseTag).test.test(source)) return source;
		return value ? ctx.options.trueStr : ctx.options.falseStr;
	}
	const trueTag = {
		identify: (value) => value === true,
		default: true,
		tag: "tag:yaml.org,2002:bool",
		test: /^(?:Y|y|[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/,
		resolve: () => new Scalar.Scalar(true),
		stringify: boolStringify
	};
	const falseTag = {
		identify: (value) => value === false,
		default: true,
		tag: "tag:yaml.org,2002:bool",
		test: /^(?:N|n|[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/,
		resolve: () => new Scalar.Scalar(false),
		stringify: boolStringify
	};
	exports.falseTag = falseTag;
	exports.trueTag = trueTag;
}));
// node_modules/yaml/dist/schema/yaml-1.1/float.js
var require_float = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	var stringifyNumber = require_stringifyNumber();
	const floatNaN = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		test: /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
		resolve: (str) => str.slice(-3).toLowerCase() === "nan" ? NaN : str[0] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
		stringify: stringifyNumber.stringifyNumber
	};
	const floatExp = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		format: "EXP",
		test: /^[-+]?(?:[0-9][0-9_]*)?(?:\.[0-9_]*)?[eE][-+]?[0-9]+$/,
		resolve: (str) => parseFloat(str.replace(/_/g, "")),
		stringify(node) {
			const num = Number(node.value);
			return isFinite(num) ? num.toExponential() : stringifyNumber.stringifyNumber(node);
		}
	};
	exports.float = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		test: /^[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*$/,
		resolve(str) {
			const node = new Scalar.Scalar(parseFloat(str.replace(/_/g, "")));
			const dot = str.indexOf(".");
			if (dot !== -1) {
				const f = str.substring(dot + 1).replace(/_/g, "");
				if (f[f.length - 1] === "0") node.minFractionDigits = f.length;
			}
			return node;
		},
		stringify: stringifyNumber.stringifyNumber
	};
	exports.floatExp = floatExp;
	exports.floatNaN = floatNaN;
}));
// node_modules/yaml/dist/schema/yaml-1.1/int.js
var require_int = /* @__PURE__ */ __commonJSMin(((exports) => {
	var stringifyNumber = require_stringifyNumber();
	const intIdentify = (value) => typeof value === "bigint" || Number.isInteger(value);
	function intResolve(str, offset, radix, { intAsBigInt }) {
		const sign = str[0];
		if (sign === "-" || sign === "+") offset += 1;
		str = str.substring(offset).replace(/_/g, "");
		if (intAsBigInt) {
			switch (radix) {
				case 2:
					str = `0b${str}`;
					break;
				case 8:
					str = `0o${str}`;
					break;
				case 16: str = `0x${str}`;
			}
			const n = BigInt(str);
			return sign === "-" ? BigInt(-1) * n : n;
		}
		const n = parseInt(str, radix);
		return sign === "-" ? -1 * n : n;
	}
	function intStringify(node, radix, prefix) {
		const { value } = node;
		if (intIdentify(value)) {
			const str = value.toString(radix);
			return value < 0 ? "-" + prefix + str.substr(1) : prefix + str;
		}
		return stringifyNumber.stringifyNumber(node);
	}
	const intBin = {
		identify: intIdentify,
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "BIN",
		test: /^[-+]?0b[0-1_]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 2, 2, opt),
		stringify: (node) => intStringify(node, 2, "0b")
	};
	const intOct = {
		identify: intIdentify,
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "OCT",
		test: /^[-+]?0[0-7_]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 1, 8, opt),
		stringify: (node) => intStringify(node, 8, "0")
	};
	const int = {
		identify: intIdentify,
		default: true,
		tag: "tag:yaml.org,2002:int",
		test: /^[-+]?[0-9][0-9_]*$/,
		resolve: (str, _onError, opt) => intResolve(str, 0, 10, opt),
		stringify: stringifyNumber.stringifyNumber
	};
	const intHex = {
		identify: intIdentify,
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "HEX",
		test: /^[-+]?0x[0-9a-fA-F_]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 2, 16, opt),
		stringify: (node) => intStringify(node, 16, "0x")
	};
	exports.int = int;
	exports.intBin = intBin;
	exports.intHex = intHex;
	exports.intOct = intOct;
}));
// node_modules/yaml/dist/schema/yaml-1.1/set.js
var require_set = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Pair = require_Pair();
	var YAMLMap = require_YAMLMap();
	var YAMLSet = class YAMLSet extends YAMLMap.YAMLMap {
		constructor(schema) {
			super(schema);
			this.tag = YAMLSet.tag;
		}
		add(key) {
			let pair;
			if (identity.isPair(key)) pair = key;
			else if (key && typeof key === "object" && "key" in key && "value" in key && key.value === null) pair = new Pair.Pair(key.key, null);
			else pair = new Pair.Pair(key, null);
			if (!YAMLMap.findPair(this.items, pair.key)) this.items.push(pair);
		}
		/**
		* If `keepPair` is `true`, returns the Pair matching `key`.
		* Otherwise, returns the value of that Pair's key.
		*/
		get(key, keepPair) {
			const pair = YAMLMap.findPair(this.items, key);
			return !keepPair && identity.isPair(pair) ? identity.isScalar(pair.key) ? pair.key.value : pair.key : pair;
		}
		set(key, value) {
			if (typeof value !== "boolean") throw new Error(`Expected boolean value for set(key, value) in a YAML set, not ${typeof value}`);
			const prev = YAMLMap.findPair(this.items, key);
			if (prev && !value) this.items.splice(this.items.indexOf(prev), 1);
			else if (!prev && value) this.items.push(new Pair.Pair(key));
		}
		toJSON(_, ctx) {
			return super.toJSON(_, ctx, Set);
		}
		toString(ctx, onComment, onChompKeep) {
			if (!ctx) return JSON.stringify(this);
			if (this.hasAllNullValues(true)) return super.toString(Object.assign({}, ctx, { allNullValues: true }), onComment, onChompKeep);
			else throw new Error("Set items must all have null values");
		}
		static from(schema, iterable, ctx) {
			const { replacer } = ctx;
			const set = new this(schema);
			if (iterable && Symbol.iterator in Object(iterable)) for (let value of iterable) {
				if (typeof replacer === "function") value = replacer.call(iterable, value, value);
				set.items.push(Pair.createPair(value, null, ctx));
			}
			return set;
		}
	};
	YAMLSet.tag = "tag:yaml.org,2002:set";
	const set = {
		collection: "map",
		identify: (value) => value instanceof Set,
		nodeClass: YAMLSet,
		default: false,
		tag: "tag:yaml.org,2002:set",
		createNode: (schema, iterable, ctx) => YAMLSet.from(schema, iterable, ctx),
		resolve(map, onError) {
			if (identity.isMap(map)) {
				if (map.hasAllNullValues(true)) return Object.assign(new YAMLSet(), map);
				else onError("Set items must all have null values");
			} else onError("Expected a mapping for this tag");
			return map;
		}
	};
	exports.YAMLSet = YAMLSet;
	exports.set = set;
}));
// node_modules/yaml/dist/schema/yaml-1.1/timestamp.js
var require_timestamp = /* @__PURE__ */ __commonJSMin(((exports) => {
	var stringifyNumber = require_stringifyNumber();
	/** Internal types handle bigint as number, because TS can't figure it out. */
	function parseSexagesimal(str, asBigInt) {
		const sign = str[0];
		const parts = sign === "-" || sign === "+" ? str.substring(1) : str;
		const num = (n) => asBigInt ? BigInt(n) : Number(n);
		const res = parts.replace(/_/g, "").split(":").reduce((res, p) => res * num(60) + num(p), num(0));
		return sign === "-" ? num(-1) * res : res;
	}
	/**
	* hhhh:mm:ss.sss
	*
	* Internal types handle bigint as number, because TS can't figure it out.
	*/
	function stringifySexagesimal(node) {
		let { value } = node;
		let num = (n) => n;
		if (typeof value === "bigint") num = (n) => BigInt(n);
		else if (isNaN(value) || !isFinite(value)) return stringifyNumber.stringifyNumber(node);
		let sign = "";
		if (value < 0) {
			sign = "-";
			value *= num(-1);
		}
		const _60 = num(60);
		const parts = [value % _60];
		if (value < 60) parts.unshift(0);
		else {
			value = (value - parts[0]) / _60;
			parts.unshift(value % _60);
			if (value >= 60) {
				value = (value - parts[0]) / _60;
				parts.unshift(value);
			}
		}
		return sign + parts.map((n) => String(n).padStart(2, "0")).join(":").replace(/000000\d*$/, "");
	}
	const intTime = {
		identify: (value) => typeof value === "bigint" || Number.isInteger(value),
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "TIME",
		test: /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+$/,
		resolve: (str, _onError, { intAsBigInt }) => parseSexagesimal(str, intAsBigInt),
		stringify: stringifySexagesimal
	};
	const floatTime = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		format: "TIME",
		test: /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/,
		resolve: (str) => parseSexagesimal(str, false),
		stringify: stringifySexagesimal
	};
	const timestamp = {
		identify: (value) => value instanceof Date,
		default: true,
		tag: "tag:yaml.org,2002:timestamp",
		test: RegExp("^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:t|T|[ \\t]+)([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2}(\\.[0-9]+)?)(?:[ \\t]*(Z|[-+][012]?[0-9](?::[0-9]{2})?))?)?$"),
		resolve(str) {
			const match = str.match(timestamp.test);
			if (!match) throw new Error("!!timestamp expects a date, starting with yyyy-mm-dd");
			const [, year, month, day, hour, minute, second] = match.map(Number);
			const millisec = match[7] ? Number((match[7] + "00").substr(1, 3)) : 0;
			let date = Date.UTC(year, month - 1, day, hour || 0, minute || 0, second || 0, millisec);
			const tz = match[8];
			if (tz && tz !== "Z") {
				let d = parseSexagesimal(tz, false);
				if (Math.abs(d) < 30) d *= 60;
				date -= 6e4 * d;
			}
			return new Date(date);
		},
		stringify: ({ value }) => value?.toISOString().replace(/(T00:00:00)?\.000Z$/, "") ?? ""
	};
	exports.floatTime = floatTime;
	exports.intTime = intTime;
	exports.timestamp = timestamp;
}));
// node_modules/yaml/dist/schema/yaml-1.1/schema.js
var require_schema = /* @__PURE__ */ __commonJSMin(((exports) => {
	var map = require_map();
	var _null = require_null();
	var seq = require_seq();
	var string = require_string();
	var binary = require_binary();
	var bool = require_bool();
	var float = require_float();
	var int = require_int();
	var merge = require_merge();
	var omap = require_omap();
	var pairs = require_pairs();
	var set = require_set();
	var timestamp = require_timestamp();
	exports.schema = [
		map.map,
		seq.seq,
		string.string,
		_null.nullTag,
		bool.trueTag,
		bool.falseTag,
		int.intBin,
		int.intOct,
		int.int,
		int.intHex,
		float.floatNaN,
		float.floatExp,
		float.float,
		binary.binary,
		merge.merge,
		omap.omap,
		pairs.pairs,
		set.set,
		timestamp.intTime,
		timestamp.floatTime,
		timestamp.timestamp
	];
}));
// node_modules/yaml/dist/schema/tags.js
var require_tags = /* @__PURE__ */ __commonJSMin(((exports) => {
	var map = require_map();
	var _null = require_null();
	var seq = require_seq();
	var string = require_string();
	var bool = require_bool$1();
	var float = require_float$1();
	var int = require_int$1();
	var schema = require_schema$2();
	var schema$1 = require_schema$1();
	var binary = require_binary();
	var merge = require_merge();
	var omap = require_omap();
	var pairs = require_pairs();
	var schema$2 = require_schema();
	var set = require_set();
	var timestamp = require_timestamp();
	const schemas = /* @__PURE__ */ new Map([
		["core", schema.schema],
		["failsafe", [
			map.map,
			seq.seq,
			string.string
		]],
		["json", schema$1.schema],
		["yaml11", schema$2.schema],
		["yaml-1.1", schema$2.schema]
	]);
	const tagsByName = {
		binary: binary.binary,
		bool: bool.boolTag,
		float: float.float,
		floatExp: float.floatExp,
		floatNaN: float.floatNaN,
		floatTime: timestamp.floatTime,
		int: int.int,
		intHex: int.intHex,
		intOct: int.intOct,
		intTime: timestamp.intTime,
		map: map.map,
		merge: merge.merge,
		null: _null.nullTag,
		omap: omap.omap,
		pairs: pairs.pairs,
		seq: seq.seq,
		set: set.set,
		timestamp: timestamp.timestamp
	};
	const coreKnownTags = {
		"tag:yaml.org,2002:binary": binary.binary,
		"tag:yaml.org,2002:merge": merge.merge,
		"tag:yaml.org,2002:omap": omap.omap,
		"tag:yaml.org,2002:pairs": pairs.pairs,
		"tag:yaml.org,2002:set": set.set,
		"tag:yaml.org,2002:timestamp": timestamp.timestamp
	};
	function getTags(customTags, schemaName, addMergeTag) {
		const schemaTags = schemas.get(schemaName);
		if (schemaTags && !customTags) return addMergeTag && !schemaTags.includes(merge.merge) ? schemaTags.concat(merge.merge) : schemaTags.slice();
		let tags = schemaTags;
		if (!tags) {
			if (Array.isArray(customTags)) tags = [];
			else {
				const keys = Array.from(schemas.keys()).filter((key) => key !== "yaml11").map((key) => JSON.stringify(key)).join(", ");
				throw new Error(`Unknown schema "${schemaName}"; use one of ${keys} or define customTags array`);
			}
		}
		if (Array.isArray(customTags)) for (const tag of customTags) tags = tags.concat(tag);
		else if (typeof customTags === "function") tags = customTags(tags.slice());
		if (addMergeTag) tags = tags.concat(merge.merge);
		return tags.reduce((tags, tag) => {
			const tagObj = typeof tag === "string" ? tagsByName[tag] : tag;
			if (!tagObj) {
				const tagName = JSON.stringify(tag);
				const keys = Object.keys(tagsByName).map((key) => JSON.stringify(key)).join(", ");
				throw new Error(`Unknown custom tag ${tagName}; use one of ${keys}`);
			}
			if (!tags.includes(tagObj)) tags.push(tagObj);
			return tags;
		}, []);
	}
	exports.coreKnownTags = coreKnownTags;
	exports.getTags = getTags;
}));
// node_modules/yaml/dist/schema/Schema.js
var require_Schema = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var map = require_map();
	var seq = require_seq();
	var string = require_string();
	var tags = require_tags();
	const sortMapEntriesByKey = (a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
	exports.Schema = class Schema {
		constructor({ compat, customTags, merge, resolveKnownTags, schema, sortMapEntries, toStringDefaults }) {
			this.compat = Array.isArray(compat) ? tags.getTags(compat, "compat") : compat ? tags.getTags(null, compat) : null;
			this.name = typeof schema === "string" && schema || "core";
			this.knownTags = resolveKnownTags ? tags.coreKnownTags : {};
			this.tags = tags.getTags(customTags, this.name, merge);
			this.toStringOptions = toStringDefaults ?? null;
			Object.defineProperty(this, identity.MAP, { value: map.map });
			Object.defineProperty(this, identity.SCALAR, { value: string.string });
			Object.defineProperty(this, identity.SEQ, { value: seq.seq });
			this.sortMapEntries = typeof sortMapEntries === "function" ? sortMapEntries : sortMapEntries === true ? sortMapEntriesByKey : null;
		}
		clone() {
			const copy = Object.create(Schema.prototype, Object.getOwnPropertyDescriptors(this));
			copy.tags = this.tags.slice();
			return copy;
		}
	};
}));
// node_modules/yaml/dist/stringify/stringifyDocument.js
var require_stringifyDocument = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var stringify = require_stringify();
	var stringifyComment = require_stringifyComment();
	function stringifyDocument(doc, options) {
		const lines = [];
		let hasDirectives = options.directives === true;
		if (options.directives !== false && doc.directives) {
			const dir = doc.directives.toString(doc);
			if (dir) {
				lines.push(dir);
				hasDirectives = true;
			} else if (doc.directives.docStart) hasDirectives = true;
		}
		if (hasDirectives) lines.push("---");
		const ctx = stringify.createStringifyContext(doc, options);
		const { commentString } = ctx.options;
		if (doc.commentBefore) {
			if (lines.length !== 1) lines.unshift("");
			const cs = commentString(doc.commentBefore);
			lines.unshift(stringifyComment.indentComment(cs, ""));
		}
		let chompKeep = false;
		let contentComment = null;
		if (doc.contents) {
			if (identity.isNode(doc.contents)) {
				if (doc.contents.spaceBefore && hasDirectives) lines.push("");
				if (doc.contents.commentBefore) {
					const cs = commentString(doc.contents.commentBefore);
					lines.push(stringifyComment.indentComment(cs, ""));
				}
				ctx.forceBlockIndent = !!doc.comment;
				contentComment = doc.contents.comment;
			}
			const onChompKeep = contentComment ? void 0 : () => chompKeep = true;
			let body = stringify.stringify(doc.contents, ctx, () => contentComment = null, onChompKeep);
			if (contentComment) body += stringifyComment.lineComment(body, "", commentString(contentComment));
			if ((body[0] === "|" || body[0] === ">") && lines[lines.length - 1] === "---") lines[lines.length - 1] = `--- ${body}`;
			else lines.push(body);
		} else lines.push(stringify.stringify(doc.contents, ctx));
		if (doc.directives?.docEnd) {
			if (doc.comment) {
				const cs = commentString(doc.comment);
				if (cs.includes("\n")) {
					lines.push("...");
					lines.push(stringifyComment.indentComment(cs, ""));
				} else lines.push(`... ${cs}`);
			} else lines.push("...");
		} else {
			let dc = doc.comment;
			if (dc && chompKeep) dc = dc.replace(/^\n+/, "");
			if (dc) {
				if ((!chompKeep || contentComment) && lines[lines.length - 1] !== "") lines.push("");
				lines.push(stringifyComment.indentComment(commentString(dc), ""));
			}
		}
		return lines.join("\n") + "\n";
	}
	exports.stringifyDocument = stringifyDocument;
}));
// node_modules/yaml/dist/doc/Document.js
var require_Document = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Alias = require_Alias();
	var Collection = require_Collection();
	var identity = require_identity();
	var Pair = require_Pair();
	var toJS = require_toJS();
	var Schema = require_Schema();
	var stringifyDocument = require_stringifyDocument();
	var anchors = require_anchors();
	var applyReviver = require_applyReviver();
	var createNode = require_createNode();
	var directives = require_directives();
	var Document = class Document {
		constructor(value, replacer, options) {
			/** A comment before this Document */
			this.commentBefore = null;
			/** A comment immediately after this Document */
			this.comment = null;
			/** Errors encountered during parsing. */
			this.errors = [];
			/** Warnings encountered during parsing. */
			this.warnings = [];
			Object.defineProperty(this, identity.NODE_TYPE, { value: identity.DOC });
			let _replacer = null;
			if (typeof replacer === "function" || Array.isArray(replacer)) _replacer = replacer;
			else if (options === void 0 && replacer) {
				options = replacer;
				replacer = void 0;
			}
			const opt = Object.assign({
				intAsBigInt: false,
				keepSourceTokens: false,
				logLevel: "warn",
				prettyErrors: true,
				strict: true,
				stringKeys: false,
				uniqueKeys: true,
				version: "1.2"
			}, options);
			this.options = opt;
			let { version } = opt;
			if (options?._directives) {
				this.directives = options._directives.atDocument();
				if (this.directives.yaml.explicit) version = this.directives.yaml.version;
			} else this.directives = new directives.Directives({ version });
			this.setSchema(version, options);
			this.contents = value === void 0 ? null : this.createNode(value, _replacer, options);
		}
		/**
		* Create a deep copy of this Document and its contents.
		*
		* Custom Node values that inherit from `Object` still refer to their original instances.
		*/
		clone() {
			const copy = Object.create(Document.prototype, { [identity.NODE_TYPE]: { value: identity.DOC } });
			copy.commentBefore = this.commentBefore;
			copy.comment = this.comment;
			copy.errors = this.errors.slice();
			copy.warnings = this.warnings.slice();
			copy.options = Object.assign({}, this.options);
			if (this.directives) copy.directives = this.directives.clone();
			copy.schema = this.schema.clone();
			copy.contents = identity.isNode(this.contents) ? this.contents.clone(copy.schema) : this.contents;
			if (this.range) copy.range = this.range.slice();
			return copy;
		}
		/** Adds a value to the document. */
		add(value) {
			if (assertCollection(this.contents)) this.contents.add(value);
		}
		/** Adds a value to the document. */
		addIn(path, value) {
			if (assertCollection(this.contents)) this.contents.addIn(path, value);
		}
		/**
		* Create a new `Alias` node, ensuring that the target `node` has the required anchor.
		*
		* If `node` already has an anchor, `name` is ignored.
		* Otherwise, the `node.anchor` value will be set to `name`,
		* or if an anchor with that name is already present in the document,
		* `name` will be used as a prefix for a new unique anchor.
		* If `name` is undefined, the generated anchor will use 'a' as a prefix.
		*/
		createAlias(node, name) {
			if (!node.anchor) {
				const prev = anchors.anchorNames(this);
				node.anchor = !name || prev.has(name) ? anchors.findNewAnchor(name || "a", prev) : name;
			}
			return new Alias.Alias(node.anchor);
		}
		createNode(value, replacer, options) {
			let _replacer = void 0;
			if (typeof replacer === "function") {
				value = replacer.call({ "": value }, "", value);
				_replacer = replacer;
			} else if (Array.isArray(replacer)) {
				const keyToStr = (v) => typeof v === "number" || v instanceof String || v instanceof Number;
				const asStr = replacer.filter(keyToStr).map(String);
				if (asStr.length > 0) replacer = replacer.concat(asStr);
				_replacer = replacer;
			} else if (options === void 0 && replacer) {
				options = replacer;
				replacer = void 0;
			}
			const { aliasDuplicateObjects, anchorPrefix, flow, keepUndefined, onTagObj, tag } = options ?? {};
			const { onAnchor, setAnchors, sourceObjects } = anchors.createNodeAnchors(this, anchorPrefix || "a");
			const ctx = {
				aliasDuplicateObjects: aliasDuplicateObjects ?? true,
				keepUndefined: keepUndefined ?? false,
				onAnchor,
				onTagObj,
				replacer: _replacer,
				schema: this.schema,
				sourceObjects
			};
			const node = createNode.createNode(value, tag, ctx);
			if (flow && identity.isCollection(node)) node.flow = true;
			setAnchors();
			return node;
		}
		/**
		* Convert a key and a value into a `Pair` using the current schema,
		* recursively wrapping all values as `Scalar` or `Collection` nodes.
		*/
		createPair(key, value, options = {}) {
			const k = this.createNode(key, null, options);
			const v = this.createNode(value, null, options);
			return new Pair.Pair(k, v);
		}
		/**
		* Removes a value from the document.
		* @returns `true` if the item was found and removed.
		*/
		delete(key) {
			return assertCollection(this.contents) ? this.contents.delete(key) : false;
		}
		/**
		* Removes a value from the document.
		* @returns `true` if the item was found and removed.
		*/
		deleteIn(path) {
			if (Collection.isEmptyPath(path)) {
				if (this.contents == null) return false;
				this.contents = null;
				return true;
			}
			return assertCollection(this.contents) ? this.contents.deleteIn(path) : false;
		}
		/**
		* Returns item at `key`, or `undefined` if not found. By default unwraps
		* scalar values from their surrounding node; to disable set `keepScalar` to
		* `true` (collections are always returned intact).
		*/
		get(key, keepScalar) {
			return identity.isCollection(this.contents) ? this.contents.get(key, keepScalar) : void 0;
		}
		/**
		* Returns item at `path`, or `undefined` if not found. By default unwraps
		* scalar values from their surrounding node; to disable set `keepScalar` to
		* `true` (collections are always returned intact).
		*/
		getIn(path, keepScalar) {
			if (Collection.isEmptyPath(path)) return !keepScalar && identity.isScalar(this.contents) ? this.contents.value : this.contents;
			return identity.isCollection(this.contents) ? this.contents.getIn(path, keepScalar) : void 0;
		}
		/**
		* Checks if the document includes a value with the key `key`.
		*/
		has(key) {
			return identity.isCollection(this.contents) ? this.contents.has(key) : false;
		}
		/**
		* Checks if the document includes a value at `path`.
		*/
		hasIn(path) {
			if (Collection.isEmptyPath(path)) return this.contents !== void 0;
			return identity.isCollection(this.contents) ? this.contents.hasIn(path) : false;
		}
		/**
		* Sets a value in this document. For `!!set`, `value` needs to be a
		* boolean to add/remove the item from the set.
		*/
		set(key, value) {
			if (this.contents == null) this.contents = Collection.collectionFromPath(this.schema, [key], value);
			else if (assertCollection(this.contents)) this.contents.set(key, value);
		}
		/**
		* Sets a value in this document. For `!!set`, `value` needs to be a
		* boolean to add/remove the item from the set.
		*/
		setIn(path, value) {
			if (Collection.isEmptyPath(path)) this.contents = value;
			else if (this.contents == null) this.contents = Collection.collectionFromPath(this.schema, Array.from(path), value);
			else if (assertCollection(this.contents)) this.contents.setIn(path, value);
		}
		/**
		* Change the YAML version and schema used by the document.
		* A `null` version disables support for directives, explicit tags, anchors, and aliases.
		* It also requires the `schema` option to be given as a `Schema` instance value.
		*
		* Overrides all previously set schema options.
		*/
		setSchema(version, options = {}) {
			if (typeof version === "number") version = String(version);
			let opt;
			switch (version) {
				case "1.1":
					if (this.directives) this.directives.yaml.version = "1.1";
					else this.directives = new directives.Directives({ version: "1.1" });
					opt = {
						resolveKnownTags: false,
						schema: "yaml-1.1"
					};
					break;
				case "1.2":
				case "next":
					if (this.directives) this.directives.yaml.version = version;
					else this.directives = new directives.Directives({ version });
					opt = {
						resolveKnownTags: true,
						schema: "core"
					};
					break;
				case null:
					if (this.directives) delete this.directives;
					opt = null;
					break;
				default: {
					const sv = JSON.stringify(version);
					throw new Error(`Expected '1.1', '1.2' or null as first argument, but found: ${sv}`);
				}
			}
			if (options.schema instanceof Object) this.schema = options.schema;
			else if (opt) this.schema = new Schema.Schema(Object.assign(opt, options));
			else throw new Error(`With a null YAML version, the { schema: Schema } option is required`);
		}
		toJS({ json, jsonArg, mapAsMap, maxAliasCount, onAnchor, reviver } = {}) {
			const ctx = {
				anchors: /* @__PURE__ */ new Map(),
				doc: this,
				keep: !json,
				mapAsMap: mapAsMap === true,
				mapKeyWarned: false,
				maxAliasCount: typeof maxAliasCount === "number" ? maxAliasCount : 100
			};
			const res = toJS.toJS(this.contents, jsonArg ?? "", ctx);
			if (typeof onAnchor === "function") for (const { count, res } of ctx.anchors.values()) onAnchor(res, count);
			return typeof reviver === "function" ? applyReviver.applyReviver(reviver, { "": res }, "", res) : res;
		}
		/**
		* A JSON representation of the document `contents`.
		*
		* @param jsonArg Used by `JSON.stringify` to indicate the array index or
		*   property name.
		*/
		toJSON(jsonArg, onAnchor) {
			return this.toJS({
				json: true,
				jsonArg,
				mapAsMap: false,
				onAnchor
			});
		}
		/** A YAML representation of the document. */
		toString(options = {}) {
			if (this.errors.length > 0) throw new Error("Document with errors cannot be stringified");
			if ("indent" in options && (!Number.isInteger(options.indent) || Number(options.indent) <= 0)) {
				const s = JSON.stringify(options.indent);
				throw new Error(`"indent" option must be a positive integer, not ${s}`);
			}
			return stringifyDocument.stringifyDocument(this, options);
		}
	};
	function assertCollection(contents) {
		if (identity.isCollection(contents)) return true;
		throw new Error("Expected a YAML collection as document contents");
	}
	exports.Document = Document;
}));
// node_modules/yaml/dist/errors.js
var require_errors = /* @__PURE__ */ __commonJSMin(((exports) => {
	var YAMLError = class extends Error {
		constructor(name, pos, code, message) {
			super();
			this.name = name;
			this.code = code;
			this.message = message;
			this.pos = pos;
		}
	};
	var YAMLParseError = class extends YAMLError {
		constructor(pos, code, message) {
			super("YAMLParseError", pos, code, message);
		}
	};
	var YAMLWarning = class extends YAMLError {
		constructor(pos, code, message) {
			super("YAMLWarning", pos, code, message);
		}
	};
	const prettifyError = (src, lc) => (error) => {
		if (error.pos[0] === -1) return;
		error.linePos = error.pos.map((pos) => lc.linePos(pos));
		const { line, col } = error.linePos[0];
		error.message += ` at line ${line}, column ${col}`;
		let ci = col - 1;
		let lineStr = src.substring(lc.lineStarts[line - 1], lc.lineStarts[line]).replace(/[\n\r]+$/, "");
		if (ci >= 60 && lineStr.length > 80) {
			const trimStart = Math.min(ci - 39, lineStr.length - 79);
			lineStr = "…" + lineStr.substring(trimStart);
			ci -= trimStart - 1;
		}
		if (lineStr.length > 80) lineStr = lineStr.substring(0, 79) + "…";
		if (line > 1 && /^ *$/.test(lineStr.substring(0, ci))) {
			let prev = src.substring(lc.lineStarts[line - 2], lc.lineStarts[line - 1]);
			if (prev.length > 80) prev = prev.substring(0, 79) + "…\n";
			lineStr = prev + lineStr;
		}
		if (/[^ ]/.test(lineStr)) {
			let count = 1;
			const end = error.linePos[1];
			if (end?.line === line && end.col > col) count = Math.max(1, Math.min(end.col - col, 80 - ci));
			const pointer = " ".repeat(ci) + "^".repeat(count);
			error.message += `:\n\n${lineStr}\n${pointer}\n`;
		}
	};
	exports.YAMLError = YAMLError;
	exports.YAMLParseError = YAMLParseError;
	exports.YAMLWarning = YAMLWarning;
	exports.prettifyError = prettifyError;
}));
// node_modules/yaml/dist/compose/resolve-props.js
var require_resolve_props = /* @__PURE__ */ __commonJSMin(((exports) => {
	function resolveProps(tokens, { flow, indicator, next, offset, onError, parentIndent, startOnNewline }) {
		let spaceBefore = false;
		let atNewline = startOnNewline;
		let hasSpace = startOnNewline;
		let comment = "";
		let commentSep = "";
		let hasNewline = false;
		let reqSpace = false;
		let tab = null;
		let anchor = null;
		let tag = null;
		let newlineAfterProp = null;
		let comma = null;
		let found = null;
		let start = null;
		for (const token of tokens) {
			if (reqSpace) {
				if (token.type !== "space" && token.type !== "newline" && token.type !== "comma") onError(token.offset, "MISSING_CHAR", "Tags and anchors must be separated from the next token by white space");
				reqSpace = false;
			}
			if (tab) {
				if (atNewline && token.type !== "comment" && token.type !== "newline") onError(tab, "TAB_AS_INDENT", "Tabs are not allowed as indentation");
				tab = null;
			}
			switch (token.type) {
				case "space":
					if (!flow && (indicator !== "doc-start" || next?.type !== "flow-collection") && token.source.includes("	")) tab = token;
					hasSpace = true;
					break;
				case "comment": {
					if (!hasSpace) onError(token, "MISSING_CHAR", "Comments must be separated from other tokens by white space characters");
					const cb = token.source.substring(1) || " ";
					if (!comment) comment = cb;
					else comment += commentSep + cb;
					commentSep = "";
					atNewline = false;
					break;
				}
				case "newline":
					if (atNewline) {
						if (comment) comment += token.source;
						else if (!found || indicator !== "seq-item-ind") spaceBefore = true;
					} else commentSep += token.source;
					atNewline = true;
					hasNewline = true;
					if (anchor || tag) newlineAfterProp = token;
					hasSpace = true;
					break;
				case "anchor":
					if (anchor) onError(token, "MULTIPLE_ANCHORS", "A node can have at most one anchor");
					if (token.source.endsWith(":")) onError(token.offset + token.source.length - 1, "BAD_ALIAS", "Anchor ending in : is ambiguous", true);
					anchor = token;
					start ?? (start = token.offset);
					atNewline = false;
					hasSpace = false;
					reqSpace = true;
					break;
				case "tag":
					if (tag) onError(token, "MULTIPLE_TAGS", "A node can have at most one tag");
					tag = token;
					start ?? (start = token.offset);
					atNewline = false;
					hasSpace = false;
					reqSpace = true;
					break;
				case indicator:
					if (anchor || tag) onError(token, "BAD_PROP_ORDER", `Anchors and tags must be after the ${token.source} indicator`);
					if (found) onError(token, "UNEXPECTED_TOKEN", `Unexpected ${token.source} in ${flow ?? "collection"}`);
					found = token;
					atNewline = indicator === "seq-item-ind" || indicator === "explicit-key-ind";
					hasSpace = false;
					break;
				case "comma": if (flow) {
					if (comma) onError(token, "UNEXPECTED_TOKEN", `Unexpected , in ${flow}`);
					comma = token;
					atNewline = false;
					hasSpace = false;
					break;
				}
				default:
					onError(token, "UNEXPECTED_TOKEN", `Unexpected ${token.type} token`);
					atNewline = false;
					hasSpace = false;
			}
		}
		const last = tokens[tokens.length - 1];
		const end = last ? last.offset + last.source.length : offset;
		if (reqSpace && next && next.type !== "space" && next.type !== "newline" && next.type !== "comma" && (next.type !== "scalar" || next.source !== "")) onError(next.offset, "MISSING_CHAR", "Tags and anchors must be separated from the next token by white space");
		if (tab && (atNewline && tab.indent <= parentIndent || next?.type === "block-map" || next?.type === "block-seq")) onError(tab, "TAB_AS_INDENT", "Tabs are not allowed as indentation");
		return {
			comma,
			found,
			spaceBefore,
			comment,
			hasNewline,
			anchor,
			tag,
			newlineAfterProp,
			end,
			start: start ?? end
		};
	}
	exports.resolveProps = resolveProps;
}));
// node_modules/yaml/dist/compose/util-contains-newline.js
var require_util_contains_newline = /* @__PURE__ */ __commonJSMin(((exports) => {
	function containsNewline(key) {
		if (!key) return null;
		switch (key.type) {
			case "alias":
			case "scalar":
			case "double-quoted-scalar":
			case "single-quoted-scalar":
				if (key.source.includes("\n")) return true;
				if (key.end) {
					for (const st of key.end) if (st.type === "newline") return true;
				}
				return false;
			case "flow-collection":
				for (const it of key.items) {
					for (const st of it.start) if (st.type === "newline") return true;
					if (it.sep) {
						for (const st of it.sep) if (st.type === "newline") return true;
					}
					if (containsNewline(it.key) || containsNewline(it.value)) return true;
				}
				return false;
			default: return true;
		}
	}
	exports.containsNewline = containsNewline;
}));
// node_modules/yaml/dist/compose/util-flow-indent-check.js
var require_util_flow_indent_check = /* @__PURE__ */ __commonJSMin(((exports) => {
	var utilContainsNewline = require_util_contains_newline();
	function flowIndentCheck(indent, fc, onError) {
		if (fc?.type === "flow-collection") {
			const end = fc.end[0];
			if (end.indent === indent && (end.source === "]" || end.source === "}") && utilContainsNewline.containsNewline(fc)) onError(end, "BAD_INDENT", "Flow end indicator should be more indented than parent", true);
		}
	}
	exports.flowIndentCheck = flowIndentCheck;
}));
// node_modules/yaml/dist/compose/util-map-includes.js
var require_util_map_includes = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	function mapIncludes(ctx, items, search) {
		const { uniqueKeys } = ctx.options;
		if (uniqueKeys === false) return false;
		const isEqual = typeof uniqueKeys === "function" ? uniqueKeys : (a, b) => a === b || identity.isScalar(a) && identity.isScalar(b) && a.value === b.value;
		return items.some((pair) => isEqual(pair.key, search));
	}
	exports.mapIncludes = mapIncludes;
}));
// node_modules/yaml/dist/compose/resolve-block-map.js
var require_resolve_block_map = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Pair = require_Pair();
	var YAMLMap = require_YAMLMap();
	var resolveProps = require_resolve_props();
	var utilContainsNewline = require_util_contains_newline();
	var utilFlowIndentCheck = require_util_flow_indent_check();
	var utilMapIncludes = require_util_map_includes();
	const startColMsg = "All mapping items must start at the same column";
	function resolveBlockMap({ composeNode, composeEmptyNode }, ctx, bm, onError, tag) {
		const map = new ((tag?.nodeClass) ?? YAMLMap.YAMLMap)(ctx.schema);
		if (ctx.atRoot) ctx.atRoot = false;
		let offset = bm.offset;
		let commentEnd = null;
		for (const collItem of bm.items) {
			const { start, key, sep, value } = collItem;
			const keyProps = resolveProps.resolveProps(start, {
				indicator: "explicit-key-ind",
				next: key ?? sep?.[0],
				offset,
				onError,
				parentIndent: bm.indent,
				startOnNewline: true
			});
			const implicitKey = !keyProps.found;
			if (implicitKey) {
				if (key) {
					if (key.type === "block-seq") onError(offset, "BLOCK_AS_IMPLICIT_KEY", "A block sequence may not be used as an implicit map key");
					else if ("indent" in key && key.indent !== bm.indent) onError(offset, "BAD_INDENT", startColMsg);
				}
				if (!keyProps.anchor && !keyProps.tag && !sep) {
					commentEnd = keyProps.end;
					if (keyProps.comment) {
						if (map.comment) map.comment += "\n" + keyProps.comment;
						else map.comment = keyProps.comment;
					}
					continue;
				}
				if (keyProps.newlineAfterProp || utilContainsNewline.containsNewline(key)) onError(key ?? start[start.length - 1], "MULTILINE_IMPLICIT_KEY", "Implicit keys need to be on a single line");
			} else if (keyProps.found?.indent !== bm.indent) onError(offset, "BAD_INDENT", startColMsg);
			ctx.atKey = true;
			const keyStart = keyProps.end;
			const keyNode = key ? composeNode(ctx, key, keyProps, onError) : composeEmptyNode(ctx, keyStart, start, null, keyProps, onError);
			if (ctx.schema.compat) utilFlowIndentCheck.flowIndentCheck(bm.indent, key, onError);
			ctx.atKey = false;
			if (utilMapIncludes.mapIncludes(ctx, map.items, keyNode)) onError(keyStart, "DUPLICATE_KEY", "Map keys must be unique");
			const valueProps = resolveProps.resolveProps(sep ?? [], {
				indicator: "map-value-ind",
				next: value,
				offset: keyNode.range[2],
				onError,
				parentIndent: bm.indent,
				startOnNewline: !key || key.type === "block-scalar"
			});
			offset = valueProps.end;
			if (valueProps.found) {
				if (implicitKey) {
					if (value?.type === "block-map" && !valueProps.hasNewline) onError(offset, "BLOCK_AS_IMPLICIT_KEY", "Nested mappings are not allowed in compact mappings");
					if (ctx.options.strict && keyProps.start < valueProps.found.offset - 1024) onError(keyNode.range, "KEY_OVER_1024_CHARS", "The : indicator must be at most 1024 chars after the start of an implicit block mapping key");
				}
				const valueNode = value ? composeNode(ctx, value, valueProps, onError) : composeEmptyNode(ctx, offset, sep, null, valueProps, onError);
				if (ctx.schema.compat) utilFlowIndentCheck.flowIndentCheck(bm.indent, value, onError);
				offset = valueNode.range[2];
				const pair = new Pair.Pair(keyNode, valueNode);
				if (ctx.options.keepSourceTokens) pair.srcToken = collItem;
				map.items.push(pair);
			} else {
				if (implicitKey) onError(keyNode.range, "MISSING_CHAR", "Implicit map keys need to be followed by map values");
				if (valueProps.comment) {
					if (keyNode.comment) keyNode.comment += "\n" + valueProps.comment;
					else keyNode.comment = valueProps.comment;
				}
				const pair = new Pair.Pair(keyNode);
				if (ctx.options.keepSourceTokens) pair.srcToken = collItem;
				map.items.push(pair);
			}
		}
		if (commentEnd && commentEnd < offset) onError(commentEnd, "IMPOSSIBLE", "Map comment with trailing content");
		map.range = [
			bm.offset,
			offset,
			commentEnd ?? offset
		];
		return map;
	}
	exports.resolveBlockMap = resolveBlockMap;
}));
// node_modules/yaml/dist/compose/resolve-block-seq.js
var require_resolve_block_seq = /* @__PURE__ */ __commonJSMin(((exports) => {
	var YAMLSeq = require_YAMLSeq();
	var resolveProps = require_resolve_props();
	var utilFlowIndentCheck = require_util_flow_indent_check();
	function resolveBlockSeq({ composeNode, composeEmptyNode }, ctx, bs, onError, tag) {
		const seq = new ((tag?.nodeClass) ?? YAMLSeq.YAMLSeq)(ctx.schema);
		if (ctx.atRoot) ctx.atRoot = false;
		if (ctx.atKey) ctx.atKey = false;
		let offset = bs.offset;
		let commentEnd = null;
		for (const { start, value } of bs.items) {
			const props = resolveProps.resolveProps(start, {
				indicator: "seq-item-ind",
				next: value,
				offset,
				onError,
				parentIndent: bs.indent,
				startOnNewline: true
			});
			if (!props.found) {
				if (props.anchor || props.tag || value) {
					if (value?.type === "block-seq") onError(props.end, "BAD_INDENT", "All sequence items must start at the same column");
					else onError(offset, "MISSING_CHAR", "Sequence item without - indicator");
				} else {
					commentEnd = props.end;
					if (props.comment) seq.comment = props.comment;
					continue;
				}
			}
			const node = value ? composeNode(ctx, value, props, onError) : composeEmptyNode(ctx, props.end, start, null, props, onError);
			if (ctx.schema.compat) utilFlowIndentCheck.flowIndentCheck(bs.indent, value, onError);
			offset = node.range[2];
			seq.items.push(node);
		}
		seq.range = [
			bs.offset,
			offset,
			commentEnd ?? offset
		];
		return seq;
	}
	exports.resolveBlockSeq = resolveBlockSeq;
}));
// node_modules/yaml/dist/compose/resolve-end.js
var require_resolve_end = /* @__PURE__ */ __commonJSMin(((exports) => {
	function resolveEnd(end, offset, reqSpace, onError) {
		let comment = "";
		if (end) {
			let hasSpace = false;
			let sep = "";
			for (const token of end) {
				const { source, type } = token;
				switch (type) {
					case "space":
						hasSpace = true;
						break;
					case "comment": {
						if (reqSpace && !hasSpace) onError(token, "MISSING_CHAR", "Comments must be separated from other tokens by white space characters");
						const cb = source.substring(1) || " ";
						if (!comment) comment = cb;
						else comment += sep + cb;
						sep = "";
						break;
					}
					case "newline":
						if (comment) sep += source;
						hasSpace = true;
						break;
					default: onError(token, "UNEXPECTED_TOKEN", `Unexpected ${type} at node end`);
				}
				offset += source.length;
			}
		}
		return {
			comment,
			offset
		};
	}
	exports.resolveEnd = resolveEnd;
}));
// node_modules/yaml/dist/compose/resolve-flow-collection.js
var require_resolve_flow_collection = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Pair = require_Pair();
	var YAMLMap = require_YAMLMap();
	var YAMLSeq = require_YAMLSeq();
	var resolveEnd = require_resolve_end();
	var resolveProps = require_resolve_props();
	var utilContainsNewline = require_util_contains_newline();
	var utilMapIncludes = require_util_map_includes();
	const blockMsg = "Block collections are not allowed within flow collections";
	const isBlock = (token) => token && (token.type === "block-map" || token.type === "block-seq");
	function resolveFlowCollection({ composeNode, composeEmptyNode }, ctx, fc, onError, tag) {
		const isMap = fc.start.source === "{";
		const fcName = isMap ? "flow map" : "flow sequence";
		const coll = new ((tag?.nodeClass) ?? (isMap ? YAMLMap.YAMLMap : YAMLSeq.YAMLSeq))(ctx.schema);
		coll.flow = true;
		const atRoot = ctx.atRoot;
		if (atRoot) ctx.atRoot = false;
		if (ctx.atKey) ctx.atKey = false;
		let offset = fc.offset + fc.start.source.length;
		for (let i = 0; i < fc.items.length; ++i) {
			const collItem = fc.items[i];
			const { start, key, sep, value } = collItem;
			const props = resolveProps.resolveProps(start, {
				flow: fcName,
				indicator: "explicit-key-ind",
				next: key ?? sep?.[0],
				offset,
				onError,
				parentIndent: fc.indent,
				startOnNewline: false
			});
			if (!props.found) {
				if (!props.anchor && !props.tag && !sep && !value) {
					if (i === 0 && props.comma) onError(props.comma, "UNEXPECTED_TOKEN", `Unexpected , in ${fcName}`);
					else if (i < fc.items.length - 1) onError(props.start, "UNEXPECTED_TOKEN", `Unexpected empty item in ${fcName}`);
					if (props.comment) {
						if (coll.comment) coll.comment += "\n" + props.comment;
						else coll.comment = props.comment;
					}
					offset = props.end;
					continue;
				}
				if (!isMap && ctx.options.strict && utilContainsNewline.containsNewline(key)) onError(key, "MULTILINE_IMPLICIT_KEY", "Implicit keys of flow sequence pairs need to be on a single line");
			}
			if (i === 0) {
				if (props.comma) onError(props.comma, "UNEXPECTED_TOKEN", `Unexpected , in ${fcName}`);
			} else {
				if (!props.comma) onError(props.start, "MISSING_CHAR", `Missing , between ${fcName} items`);
				if (props.comment) {
					let prevItemComment = "";
					loop: for (const st of start) switch (st.type) {
						case "comma":
						case "space": break;
						case "comment":
							prevItemComment = st.source.substring(1);
							break loop;
						default: break loop;
					}
					if (prevItemComment) {
						let prev = coll.items[coll.items.length - 1];
						if (identity.isPair(prev)) prev = prev.value ?? prev.key;
						if (prev.comment) prev.comment += "\n" + prevItemComment;
						else prev.comment = prevItemComment;
						props.comment = props.comment.substring(prevItemComment.length + 1);
					}
				}
			}
			if (!isMap && !sep && !props.found) {
				const valueNode = value ? composeNode(ctx, value, props, onError) : composeEmptyNode(ctx, props.end, sep, null, props, onError);
				coll.items.push(valueNode);
				offset = valueNode.range[2];
				if (isBlock(value)) onError(valueNode.range, "BLOCK_IN_FLOW", blockMsg);
			} else {
				ctx.atKey = true;
				const keyStart = props.end;
				const keyNode = key ? composeNode(ctx, key, props, onError) : composeEmptyNode(ctx, keyStart, start, null, props, onError);
				if (isBlock(key)) onError(keyNode.range, "BLOCK_IN_FLOW", blockMsg);
				ctx.atKey = false;
				const valueProps = resolveProps.resolveProps(sep ?? [], {
					flow: fcName,
					indicator: "map-value-ind",
					next: value,
					offset: keyNode.range[2],
					onError,
					parentIndent: fc.indent,
					startOnNewline: false
				});
				if (valueProps.found) {
					if (!isMap && !props.found && ctx.options.strict) {
						if (sep) for (const st of sep) {
							if (st === valueProps.found) break;
							if (st.type === "newline") {
								onError(st, "MULTILINE_IMPLICIT_KEY", "Implicit keys of flow sequence pairs need to be on a single line");
								break;
							}
						}
						if (props.start < valueProps.found.offset - 1024) onError(valueProps.found, "KEY_OVER_1024_CHARS", "The : indicator must be at most 1024 chars after the start of an implicit flow sequence key");
					}
				} else if (value) {
					if ("source" in value && value.source?.[0] === ":") onError(value, "MISSING_CHAR", `Missing space after : in ${fcName}`);
					else onError(valueProps.start, "MISSING_CHAR", `Missing , or : between ${fcName} items`);
				}
				const valueNode = value ? composeNode(ctx, value, valueProps, onError) : valueProps.found ? composeEmptyNode(ctx, valueProps.end, sep, null, valueProps, onError) : null;
				if (valueNode) {
					if (isBlock(value)) onError(valueNode.range, "BLOCK_IN_FLOW", blockMsg);
				} else if (valueProps.comment) {
					if (keyNode.comment) keyNode.comment += "\n" + valueProps.comment;
					else keyNode.comment = valueProps.comment;
				}
				const pair = new Pair.Pair(keyNode, valueNode);
				if (ctx.options.keepSourceTokens) pair.srcToken = collItem;
				if (isMap) {
					const map = coll;
					if (utilMapIncludes.mapIncludes(ctx, map.items, keyNode)) onError(keyStart, "DUPLICATE_KEY", "Map keys must be unique");
					map.items.push(pair);
				} else {
					const map = new YAMLMap.YAMLMap(ctx.schema);
					map.flow = true;
					map.items.push(pair);
					const endRange = (valueNode ?? keyNode).range;
					map.range = [
						keyNode.range[0],
						endRange[1],
						endRange[2]
					];
					coll.items.push(map);
				}
				offset = valueNode ? valueNode.range[2] : valueProps.end;
			}
		}
		const expectedEnd = isMap ? "}" : "]";
		const [ce, ...ee] = fc.end;
		let cePos = offset;
		if (ce?.source === expectedEnd) cePos = ce.offset + ce.source.length;
		else {
			const name = fcName[0].toUpperCase() + fcName.substring(1);
			const msg = atRoot ? `${name} must end with a ${expectedEnd}` : `${name} in block collection must be sufficiently indented and end with a ${expectedEnd}`;
			onError(offset, atRoot ? "MISSING_CHAR" : "BAD_INDENT", msg);
			if (ce && ce.source.length !== 1) ee.unshift(ce);
		}
		if (ee.length > 0) {
			const end = resolveEnd.resolveEnd(ee, cePos, ctx.options.strict, onError);
			if (end.comment) {
				if (coll.comment) coll.comment += "\n" + end.comment;
				else coll.comment = end.comment;
			}
			coll.range = [
				fc.offset,
				cePos,
				end.offset
			];
		} else coll.range = [
			fc.offset,
			cePos,
			cePos
		];
		return coll;
	}
	exports.resolveFlowCollection = resolveFlowCollection;
}));
// node_modules/yaml/dist/compose/compose-collection.js
var require_compose_collection = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Scalar = require_Scalar();
	var YAMLMap = require_YAMLMap();
	var YAMLSeq = require_YAMLSeq();
	var resolveBlockMap = require_resolve_block_map();
	var resolveBlockSeq = require_resolve_block_seq();
	var resolveFlowCollection = require_resolve_flow_collection();
	function resolveCollection(CN, ctx, token, onError, tagName, tag) {
		const coll = token.type === "block-map" ? resolveBlockMap.resolveBlockMap(CN, ctx, token, onError, tag) : token.type === "block-seq" ? resolveBlockSeq.resolveBlockSeq(CN, ctx, token, onError, tag) : resolveFlowCollection.resolveFlowCollection(CN, ctx, token, onError, tag);
		const Coll = coll.constructor;
		if (tagName === "!" || tagName === Coll.tagName) {
			coll.tag = Coll.tagName;
			return coll;
		}
		if (tagName) coll.tag = tagName;
		return coll;
	}
	function composeCollection(CN, ctx, token, props, onError) {
		const tagToken = props.tag;
		const tagName = !tagToken ? null : ctx.directives.tagName(tagToken.source, (msg) => onError(tagToken, "TAG_RESOLVE_FAILED", msg));
		if (token.type === "block-seq") {
			const { anchor, newlineAfterProp: nl } = props;
			const lastProp = anchor && tagToken ? anchor.offset > tagToken.offset ? anchor : tagToken : anchor ?? tagToken;
			if (lastProp && (!nl || nl.offset < lastProp.offset)) onError(lastProp, "MISSING_CHAR", "Missing newline after block sequence props");
		}
		const expType = token.type === "block-map" ? "map" : token.type === "block-seq" ? "seq" : token.start.source === "{" ? "map" : "seq";
		if (!tagToken || !tagName || tagName === "!" || tagName === YAMLMap.YAMLMap.tagName && expType === "map" || tagName === YAMLSeq.YAMLSeq.tagName && expType === "seq") return resolveCollection(CN, ctx, token, onError, tagName);
		let tag = ctx.schema.tags.find((t) => t.tag === tagName && t.collection === expType);
		if (!tag) {
			const kt = ctx.schema.knownTags[tagName];
			if (kt?.collection === expType) {
				ctx.schema.tags.push(Object.assign({}, kt, { default: false }));
				tag = kt;
			} else {
				if (kt) onError(tagToken, "BAD_COLLECTION_TYPE", `${kt.tag} used for ${expType} collection, but expects ${kt.collection ?? "scalar"}`, true);
				else onError(tagToken, "TAG_RESOLVE_FAILED", `Unresolved tag: ${tagName}`, true);
				return resolveCollection(CN, ctx, token, onError, tagName);
			}
		}
		const coll = resolveCollection(CN, ctx, token, onError, tagName, tag);
		const res = tag.resolve?.(coll, (msg) => onError(tagToken, "TAG_RESOLVE_FAILED", msg), ctx.options) ?? coll;
		const node = identity.isNode(res) ? res : new Scalar.Scalar(res);
		node.range = coll.range;
		node.tag = tagName;
		if (tag?.format) node.format = tag.format;
		return node;
	}
	exports.composeCollection = composeCollection;
}));
// node_modules/yaml/dist/compose/resolve-block-scalar.js
var require_resolve_block_scalar = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	function resolveBlockScalar(ctx, scalar, onError) {
		const start = scalar.offset;
		const header = parseBlockScalarHeader(scalar, ctx.options.strict, onError);
		if (!header) return {
			value: "",
			type: null,
			comment: "",
			range: [
				start,
				start,
				start
			]
		};
		const type = header.mode === ">" ? Scalar.Scalar.BLOCK_FOLDED : Scalar.Scalar.BLOCK_LITERAL;
		const lines = scalar.source ? splitLines(scalar.source) : [];
		let chompStart = lines.length;
		for (let i = lines.length - 1; i >= 0; --i) {
			const content = lines[i][1];
			if (content === "" || content === "\r") chompStart = i;
			else break;
		}
		if (chompStart === 0) {
			const value = header.chomp === "+" && lines.length > 0 ? "\n".repeat(Math.max(1, lines.length - 1)) : "";
			let end = start + header.length;
			if (scalar.source) end += scalar.source.length;
			return {
				value,
				type,
				comment: header.comment,
				range: [
					start,
					end,
					end
				]
			};
		}
		let trimIndent = scalar.indent + header.indent;
		let offset = scalar.offset + header.length;
		let contentStart = 0;
		for (let i = 0; i < chompStart; ++i) {
			const [indent, content] = lines[i];
			if (content === "" || content === "\r") {
				if (header.indent === 0 && indent.length > trimIndent) trimIndent = indent.length;
			} else {
				if (indent.length < trimIndent) onError(offset + indent.length, "MISSING_CHAR", "Block scalars with more-indented leading empty lines must use an explicit indentation indicator");
				if (header.indent === 0) trimIndent = indent.length;
				contentStart = i;
				if (trimIndent === 0 && !ctx.atRoot) onError(offset, "BAD_INDENT", "Block scalar values in collections must be indented");
				break;
			}
			offset += indent.length + content.length + 1;
		}
		for (let i = lines.length - 1; i >= chompStart; --i) if (lines[i][0].length > trimIndent) chompStart = i + 1;
		let value = "";
		let sep = "";
		let prevMoreIndented = false;
		for (let i = 0; i < contentStart; ++i) value += lines[i][0].slice(trimIndent) + "\n";
		for (let i = contentStart; i < chompStart; ++i) {
			let [indent, content] = lines[i];
			offset += indent.length + content.length + 1;
			const crlf = content[content.length - 1] === "\r";
			if (crlf) content = content.slice(0, -1);
			/* istanbul ignore if already caught in lexer */
			if (content && indent.length < trimIndent) {
				const message = `Block scalar lines must not be less indented than their ${header.indent ? "explicit indentation indicator" : "first line"}`;
				onError(offset - content.length - (crlf ? 2 : 1), "BAD_INDENT", message);
				indent = "";
			}
			if (type === Scalar.Scalar.BLOCK_LITERAL) {
				value += sep + indent.slice(trimIndent) + content;
				sep = "\n";
			} else if (indent.length > trimIndent || content[0] === "	") {
				if (sep === " ") sep = "\n";
				else if (!prevMoreIndented && sep === "\n") sep = "\n\n";
				value += sep + indent.slice(trimIndent) + content;
				sep = "\n";
				prevMoreIndented = true;
			} else if (content === "") {
				if (sep === "\n") value += "\n";
				else sep = "\n";
			} else {
				value += sep + content;
				sep = " ";
				prevMoreIndented = false;
			}
		}
		switch (header.chomp) {
			case "-": break;
			case "+":
				for (let i = chompStart; i < lines.length; ++i) value += "\n" + lines[i][0].slice(trimIndent);
				if (value[value.length - 1] !== "\n") value += "\n";
				break;
			default: value += "\n";
		}
		const end = start + header.length + scalar.source.length;
		return {
			value,
			type,
			comment: header.comment,
			range: [
				start,
				end,
				end
			]
		};
	}
	function parseBlockScalarHeader({ offset, props }, strict, onError) {
		/* istanbul ignore if should not happen */
		if (props[0].type !== "block-scalar-header") {
			onError(props[0], "IMPOSSIBLE", "Block scalar header not found");
			return null;
		}
		const { source } = props[0];
		const mode = source[0];
		let indent = 0;
		let chomp = "";
		let error = -1;
		for (let i = 1; i < source.length; ++i) {
			const ch = source[i];
			if (!chomp && (ch === "-" || ch === "+")) chomp = ch;
			else {
				const n = Number(ch);
				if (!indent && n) indent = n;
				else if (error === -1) error = offset + i;
			}
		}
		if (error !== -1) onError(error, "UNEXPECTED_TOKEN", `Block scalar header includes extra characters: ${source}`);
		let hasSpace = false;
		let comment = "";
		let length = source.length;
		for (let i = 1; i < props.length; ++i) {
			const token = props[i];
			switch (token.type) {
				case "space": hasSpace = true;
				case "newline":
					length += token.source.length;
					break;
				case "comment":
					if (strict && !hasSpace) onError(token, "MISSING_CHAR", "Comments must be separated from other tokens by white space characters");
					length += token.source.length;
					comment = token.source.substring(1);
					break;
				case "error":
					onError(token, "UNEXPECTED_TOKEN", token.message);
					length += token.source.length;
					break;
				/* istanbul ignore next should not happen */
				default: {
					onError(token, "UNEXPECTED_TOKEN", `Unexpected token in block scalar header: ${token.type}`);
					const ts = token.source;
					if (ts && typeof ts === "string") length += ts.length;
				}
			}
		}
		return {
			mode,
			indent,
			chomp,
			comment,
			length
		};
	}
	/** @returns Array of lines split up as `[indent, content]` */
	function splitLines(source) {
		const split = source.split(/\n( *)/);
		const first = split[0];
		const m = first.match(/^( *)/);
		const lines = [m?.[1] ? [m[1], first.slice(m[1].length)] : ["", first]];
		for (let i = 1; i < split.length; i += 2) lines.push([split[i], split[i + 1]]);
		return lines;
	}
	exports.resolveBlockScalar = resolveBlockScalar;
}));
// node_modules/yaml/dist/compose/resolve-flow-scalar.js
var require_resolve_flow_scalar = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	var resolveEnd = require_resolve_end();
	function resolveFlowScalar(scalar, strict, onError) {
		const { offset, type, source, end } = scalar;
		let _type;
		let value;
		const _onError = (rel, code, msg) => onError(offset + rel, code, msg);
		switch (type) {
			case "scalar":
				_type = Scalar.Scalar.PLAIN;
				value = plainValue(source, _onError);
				break;
			case "single-quoted-scalar":
				_type = Scalar.Scalar.QUOTE_SINGLE;
				value = singleQuotedValue(source, _onError);
				break;
			case "double-quoted-scalar":
				_type = Scalar.Scalar.QUOTE_DOUBLE;
				value = doubleQuotedValue(source, _onError);
				break;
			/* istanbul ignore next should not happen */
			default:
				onError(scalar, "UNEXPECTED_TOKEN", `Expected a flow scalar value, but found: ${type}`);
				return {
					value: "",
					type: null,
					comment: "",
					range: [
						offset,
						offset + source.length,
						offset + source.length
					]
				};
		}
		const valueEnd = offset + source.length;
		const re = resolveEnd.resolveEnd(end, valueEnd, strict, onError);
		return {
			value,
			type: _type,
			comment: re.comment,
			range: [
				offset,
				valueEnd,
				re.offset
			]
		};
	}
	function plainValue(source, onError) {
		let badChar = "";
		switch (source[0]) {
			/* istanbul ignore next should not happen */
			case "	":
				badChar = "a tab character";
				break;
			case ",":
				badChar = "flow indicator character ,";
				break;
			case "%":
				badChar = "directive indicator character %";
				break;
			case "|":
			case ">":
				badChar = `block scalar indicator ${source[0]}`;
				break;
			case "@":
			case "`": badChar = `reserved character ${source[0]}`;
		}
		if (badChar) onError(0, "BAD_SCALAR_START", `Plain value cannot start with ${badChar}`);
		return unfoldLines(source);
	}
	function singleQuotedValue(source, onError) {
		if (source[source.length - 1] !== "'" || source.length === 1) onError(source.length, "MISSING_CHAR", "Missing closing 'quote");
		return unfoldLines(source.slice(1, -1)).replace(/''/g, "'");
	}
	function unfoldLines(source) {
		const line = /(.*?)\r?\n/sy;
		let match = line.exec(source);
		if (!match) return source;
		/**
		* The negative lookbehinds in these RegExps are to
		* prevent causing a polynomial search time in certain cases.
		*
		* The try-catch is for Safari < 16.4 and other old browsers:
		* https://caniuse.com/js-regexp-lookbehind
		*/
		let trimEnd, trimBoth;
		try {
			trimEnd = new RegExp("(?<![ 	])[ 	]+$");
			trimBoth = new RegExp("^[ 	]+|(?<![ 	])[ 	]+$", "g");
		} catch {
			trimEnd = /[ \t]+$/;
			trimBoth = /^[ \t]+|[ \t]+$/g;
		}
		let res = match[1].replace(trimEnd, "");
		let sep = " ";
		let pos = line.lastIndex;
		while (match = line.exec(source)) {
			const lm = match[1].replace(trimBoth, "");
			if (lm === "") {
				if (sep === "\n") res += sep;
				else sep = "\n";
			} else {
				res += sep + lm;
				sep = " ";
			}
			pos = line.lastIndex;
		}
		const last = /[ \t]*(.*)/sy;
		last.lastIndex = pos;
		match = last.exec(source);
		return res + sep + (match?.[1] ?? "");
	}
	function doubleQuotedValue(source, onError) {
		let res = "";
		for (let i = 1; i < source.length - 1; ++i) {
			const ch = source[i];
			if (ch === "\r" && source[i + 1] === "\n") continue;
			if (ch === "\n") {
				const { fold, offset } = foldNewline(source, i);
				res += fold;
				i = offset;
			} else if (ch === "\\") {
				let next = source[++i];
				const cc = escapeCodes[next];
				if (cc) res += cc;
				else if (next === "\n") {
					next = source[i + 1];
					while (next === " " || next === "	") next = source[++i + 1];
				} else if (next === "\r" && source[i + 1] === "\n") {
					next = source[++i + 1];
					while (next === " " || next === "	") next = source[++i + 1];
				} else if (next === "x" || next === "u" || next === "U") {
					const length = next === "x" ? 2 : next === "u" ? 4 : 8;
					res += parseCharCode(source, i + 1, length, onError);
					i += length;
				} else {
					const raw = source.substr(i - 1, 2);
					onError(i - 1, "BAD_DQ_ESCAPE", `Invalid escape sequence ${raw}`);
					res += raw;
				}
			} else if (ch === " " || ch === "	") {
				const wsStart = i;
				let next = source[i + 1];
				while (next === " " || next === "	") next = source[++i + 1];
				if (next !== "\n" && !(next === "\r" && source[i + 2] === "\n")) res += i > wsStart ? source.slice(wsStart, i + 1) : ch;
			} else res += ch;
		}
		if (source[source.length - 1] !== "\"" || source.length === 1) onError(source.length, "MISSING_CHAR", "Missing closing \"quote");
		return res;
	}
	/**
	* Fold a single newline into a space, multiple newlines to N - 1 newlines.
	* Presumes `source[offset] === '\n'`
	*/
	function foldNewline(source, offset) {
		let fold = "";
		let ch = source[offset + 1];
		while (ch === " " || ch === "	" || ch === "\n" || ch === "\r") {
			if (ch === "\r" && source[offset + 2] !== "\n") break;
			if (ch === "\n") fold += "\n";
			offset += 1;
			ch = source[offset + 1];
		}
		if (!fold) fold = " ";
		return {
			fold,
			offset
		};
	}
	const escapeCodes = {
		"0": "\0",
		a: "\x07",
		b: "\b",
		e: "\x1B",
		f: "\f",
		n: "\n",
		r: "\r",
		t: "	",
		v: "\v",
		N: "",
		_: "\xA0",
		L: "\u2028",
		P: "\u2029",
		" ": " ",
		"\"": "\"",
		"/": "/",
		"\\": "\\",
		"	": "	"
	};
	function parseCharCode(source, offset, length, onError) {
		const cc = source.substr(offset, length);
		const code = cc.length === length && /^[0-9a-fA-F]+$/.test(cc) ? parseInt(cc, 16) : NaN;
		try {
			return String.fromCodePoint(code);
		} catch {
			const raw = source.substr(offset - 2, length + 2);
			onError(offset - 2, "BAD_DQ_ESCAPE", `Invalid escape sequence ${raw}`);
			return raw;
		}
	}
	exports.resolveFlowScalar = resolveFlowScalar;
}));
// node_modules/yaml/dist/compose/compose-scalar.js
var require_compose_scalar = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Scalar = require_Scalar();
	var resolveBlockScalar = require_resolve_block_scalar();
	var resolveFlowScalar = require_resolve_flow_scalar();
	function composeScalar(ctx, token, tagToken, onError) {
		const { value, type, comment, range } = token.type === "block-scalar" ? resolveBlockScalar.resolveBlockScalar(ctx, token, onError) : resolveFlowScalar.resolveFlowScalar(token, ctx.options.strict, onError);
		const tagName = tagToken ? ctx.directives.tagName(tagToken.source, (msg) => onError(tagToken, "TAG_RESOLVE_FAILED", msg)) : null;
		let tag;
		if (ctx.options.stringKeys && ctx.atKey) tag = ctx.schema[identity.SCALAR];
		else if (tagName) tag = findScalarTagByName(ctx.schema, value, tagName, tagToken, onError);
		else if (token.type === "scalar") tag = findScalarTagByTest(ctx, value, token, onError);
		else tag = ctx.schema[identity.SCALAR];
		let scalar;
		try {
			const res = tag.resolve(value, (msg) => onError(tagToken ?? token, "TAG_RESOLVE_FAILED", msg), ctx.options);
			scalar = identity.isScalar(res) ? res : new Scalar.Scalar(res);
		} catch (error) {
			const msg = error instanceof Error ? error.message : String(error);
			onError(tagToken ?? token, "TAG_RESOLVE_FAILED", msg);
			scalar = new Scalar.Scalar(value);
		}
		scalar.range = range;
		scalar.source = value;
		if (type) scalar.type = type;
		if (tagName) scalar.tag = tagName;
		if (tag.format) scalar.format = tag.format;
		if (comment) scalar.comment = comment;
		return scalar;
	}
	function findScalarTagByName(schema, value, tagName, tagToken, onError) {
		if (tagName === "!") return schema[identity.SCALAR];
		const matchWithTest = [];
		for (const tag of schema.tags) if (!tag.collection && tag.tag === tagName) {
			if (tag.default && tag.test) matchWithTest.push(tag);
			else return tag;
		}
		for (const tag of matchWithTest) if (tag.test?.test(value)) return tag;
		const kt = schema.knownTags[tagName];
		if (kt && !kt.collection) {
			schema.tags.push(Object.assign({}, kt, {
				default: false,
				test: void 0
			}));
			return kt;
		}
		onError(tagToken, "TAG_RESOLVE_FAILED", `Unresolved tag: ${tagName}`, tagName !== "tag:yaml.org,2002:str");
		return schema[identity.SCALAR];
	}
	function findScalarTagByTest({ atKey, directives, schema }, value, token, onError) {
		const tag = schema.tags.find((tag) => (tag.default === true || atKey && tag.default === "key") && tag.test?.test(value)) || schema[identity.SCALAR];
		if (schema.compat) {
			const compat = schema.compat.find((tag) => tag.default && tag.test?.test(value)) ?? schema[identity.SCALAR];
			if (tag.tag !== compat.tag) onError(token, "TAG_RESOLVE_FAILED", `Value may be parsed as either ${directives.tagString(tag.tag)} or ${directives.tagString(compat.tag)}`, true);
		}
		return tag;
	}
	exports.composeScalar = composeScalar;
}));
// node_modules/yaml/dist/compose/util-empty-scalar-position.js
var require_util_empty_scalar_position = /* @__PURE__ */ __commonJSMin(((exports) => {
	function emptyScalarPosition(offset, before, pos) {
		if (before) {
			pos ?? (pos = before.length);
			for (let i = pos - 1; i >= 0; --i) {
				let st = before[i];
				switch (st.type) {
					case "space":
					case "comment":
					case "newline":
						offset -= st.source.length;
						continue;
				}
				st = before[++i];
				while (st?.type === "space") {
					offset += st.source.length;
					st = before[++i];
				}
				break;
			}
		}
		return offset;
	}
	exports.emptyScalarPosition = emptyScalarPosition;
}));
// node_modules/yaml/dist/compose/compose-node.js
var require_compose_node = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Alias = require_Alias();
	var identity = require_identity();
	var composeCollection = require_compose_collection();
	var composeScalar = require_compose_scalar();
	var resolveEnd = require_resolve_end();
	var utilEmptyScalarPosition = require_util_empty_scalar_position();
	const CN = {
		composeNode,
		composeEmptyNode
	};
	function composeNode(ctx, token, props, onError) {
		const atKey = ctx.atKey;
		const { spaceBefore, comment, anchor, tag } = props;
		let node;
		let isSrcToken = true;
		switch (token.type) {
			case "alias":
				node = composeAlias(ctx, token, onError);
				if (anchor || tag) onError(token, "ALIAS_PROPS", "An alias node must not specify any properties");
				break;
			case "scalar":
			case "single-quoted-scalar":
			case "double-quoted-scalar":
			case "block-scalar":
				node = composeScalar.composeScalar(ctx, token, tag, onError);
				if (anchor) node.anchor = anchor.source.substring(1);
				break;
			case "block-map":
			case "block-seq":
			case "flow-collection":
				try {
					node = composeCollection.composeCollection(CN, ctx, token, props, onError);
					if (anchor) node.anchor = anchor.source.substring(1);
				} catch (error) {
					onError(token, "RESOURCE_EXHAUSTION", error instanceof Error ? error.message : String(error));
				}
				break;
			default:
				onError(token, "UNEXPECTED_TOKEN", token.type === "error" ? token.message : `Unsupported token (type: ${token.type})`);
				isSrcToken = false;
		}
		node ?? (node = composeEmptyNode(ctx, token.offset, void 0, null, props, onError));
		if (anchor && node.anchor === "") onError(anchor, "BAD_ALIAS", "Anchor cannot be an empty string");
		if (atKey && ctx.options.stringKeys && (!identity.isScalar(node) || typeof node.value !== "string" || node.tag && node.tag !== "tag:yaml.org,2002:str")) onError(tag ?? token, "NON_STRING_KEY", "With stringKeys, all keys must be strings");
		if (spaceBefore) node.spaceBefore = true;
		if (comment) {
			if (token.type === "scalar" && token.source === "") node.comment = comment;
			else node.commentBefore = comment;
		}
		if (ctx.options.keepSourceTokens && isSrcToken) node.srcToken = token;
		return node;
	}
	function composeEmptyNode(ctx, offset, before, pos, { spaceBefore, comment, anchor, tag, end }, onError) {
		const token = {
			type: "scalar",
			offset: utilEmptyScalarPosition.emptyScalarPosition(offset, before, pos),
			indent: -1,
			source: ""
		};
		const node = composeScalar.composeScalar(ctx, token, tag, onError);
		if (anchor) {
			node.anchor = anchor.source.substring(1);
			if (node.anchor === "") onError(anchor, "BAD_ALIAS", "Anchor cannot be an empty string");
		}
		if (spaceBefore) node.spaceBefore = true;
		if (comment) {
			node.comment = comment;
			node.range[2] = end;
		}
		return node;
	}
	function composeAlias({ options }, { offset, source, end }, onError) {
		const alias = new Alias.Alias(source.substring(1));
		if (alias.source === "") onError(offset, "BAD_ALIAS", "Alias cannot be an empty string");
		if (alias.source.endsWith(":")) onError(offset + source.length - 1, "BAD_ALIAS", "Alias ending in : is ambiguous", true);
		const valueEnd = offset + source.length;
		const re = resolveEnd.resolveEnd(end, valueEnd, options.strict, onError);
		alias.range = [
			offset,
			valueEnd,
			re.offset
		];
		if (re.comment) alias.comment = re.comment;
		return alias;
	}
	exports.composeEmptyNode = composeEmptyNode;
	exports.composeNode = composeNode;
}));
// node_modules/yaml/dist/compose/compose-doc.js
var require_compose_doc = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Document = require_Document();
	var composeNode = require_compose_node();
	var resolveEnd = require_resolve_end();
	var resolveProps = require_resolve_props();
	function composeDoc(options, directives, { offset, start, value, end }, onError) {
		const opts = Object.assign({ _directives: directives }, options);
		const doc = new Document.Document(void 0, opts);
		const ctx = {
			atKey: false,
			atRoot: true,
			directives: doc.directives,
			options: doc.options,
			schema: doc.schema
		};
		const props = resolveProps.resolveProps(start, {
			indicator: "doc-start",
			next: value ?? end?.[0],
			offset,
			onError,
			parentIndent: 0,
			startOnNewline: true
		});
		if (props.found) {
			doc.directives.docStart = true;
			if (value && (value.type === "block-map" || value.type === "block-seq") && !props.hasNewline) onError(props.end, "MISSING_CHAR", "Block collection cannot start on same line with directives-end marker");
		}
		doc.contents = value ? composeNode.composeNode(ctx, value, props, onError) : composeNode.composeEmptyNode(ctx, props.end, start, null, props, onError);
		const contentEnd = doc.contents.range[2];
		const re = resolveEnd.resolveEnd(end, contentEnd, false, onError);
		if (re.comment) doc.comment = re.comment;
		doc.range = [
			offset,
			contentEnd,
			re.offset
		];
		return doc;
	}
	exports.composeDoc = composeDoc;
}));
// node_modules/yaml/dist/compose/composer.js
var require_composer = /* @__PURE__ */ __commonJSMin(((exports) => {
	var node_process = __require("process");
	var directives = require_directives();
	var Document = require_Document();
	var errors = require_errors();
	var identity = require_identity();
	var composeDoc = require_compose_doc();
	var resolveEnd = require_resolve_end();
	function getErrorPos(src) {
		if (typeof src === "number") return [src, src + 1];
		if (Array.isArray(src)) return src.length === 2 ? src : [src[0], src[1]];
		const { offset, source } = src;
		return [offset, offset + (typeof source === "string" ? source.length : 1)];
	}
	function parsePrelude(prelude) {
		let comment = "";
		let atComment = false;
		let afterEmptyLine = false;
		for (let i = 0; i < prelude.length; ++i) {
			const source = prelude[i];
			switch (source[0]) {
				case "#":
					comment += (comment === "" ? "" : afterEmptyLine ? "\n\n" : "\n") + (source.substring(1) || " ");
					atComment = true;
					afterEmptyLine = false;
					break;
				case "%":
					if (prelude[i + 1]?.[0] !== "#") i += 1;
					atComment = false;
					break;
				default:
					if (!atComment) afterEmptyLine = true;
					atComment = false;
			}
		}
		return {
			comment,
			afterEmptyLine
		};
	}
	/**
	* Compose a stream of CST nodes into a stream of YAML Documents.
	*
	* ```ts
	* import { Composer, Parser } from 'yaml'
	*
	* const src: string = ...
	* const tokens = new Parser().parse(src)
	* const docs = new Composer().compose(tokens)
	* ```
	*/
	var Composer = class {
		constructor(options = {}) {
			this.doc = null;
			this.atDirectives = false;
			this.prelude = [];
			this.errors = [];
			this.warnings = [];
			this.onError = (source, code, message, warning) => {
				const pos = getErrorPos(source);
				if (warning) this.warnings.push(new errors.YAMLWarning(pos, code, message));
				else this.errors.push(new errors.YAMLParseError(pos, code, message));
			};
			this.directives = new directives.Directives({ version: options.version || "1.2" });
			this.options = options;
		}
		decorate(doc, afterDoc) {
			const { comment, afterEmptyLine } = parsePrelude(this.prelude);
			if (comment) {
				const dc = doc.contents;
				if (afterDoc) doc.comment = doc.comment ? `${doc.comment}\n${comment}` : comment;
				else if (afterEmptyLine || doc.directives.docStart || !dc) doc.commentBefore = comment;
				else if (identity.isCollection(dc) && !dc.flow && dc.items.length > 0) {
					let it = dc.items[0];
					if (identity.isPair(it)) it = it.key;
					const cb = it.commentBefore;
					it.commentBefore = cb ? `${comment}\n${cb}` : comment;
				} else {
					const cb = dc.commentBefore;
					dc.commentBefore = cb ? `${comment}\n${cb}` : comment;
				}
			}
			if (afterDoc) {
				for (let i = 0; i < this.errors.length; ++i) doc.errors.push(this.errors[i]);
				for (let i = 0; i < this.warnings.length; ++i) doc.warnings.push(this.warnings[i]);
			} else {
				doc.errors = this.errors;
				doc.warnings = this.warnings;
			}
			this.prelude = [];
			this.errors = [];
			this.warnings = [];
		}
		/**
		* Current stream status information.
		*
		* Mostly useful at the end of input for an empty stream.
		*/
		streamInfo() {
			return {
				comment: parsePrelude(this.prelude).comment,
				directives: this.directives,
				errors: this.errors,
				warnings: this.warnings
			};
		}
		/**
		* Compose tokens into documents.
		*
		* @param forceDoc - If the stream contains no document, still emit a final document including any comments and directives that would be applied to a subsequent document.
		* @param endOffset - Should be set if `forceDoc` is also set, to set the document range end and to indicate errors correctly.
		*/
		*compose(tokens, forceDoc = false, endOffset = -1) {
			for (const token of tokens) yield* this.next(token);
			yield* this.end(forceDoc, endOffset);
		}
		/** Advance the composer by one CST token. */
		*next(token) {
			if (node_process.env.LOG_STREAM) console.dir(token, { depth: null });
			switch (token.type) {
				case "directive":
					this.directives.add(token.source, (offset, message, warning) => {
						const pos = getErrorPos(token);
						pos[0] += offset;
						this.onError(pos, "BAD_DIRECTIVE", message, warning);
					});
					this.prelude.push(token.source);
					this.atDirectives = true;
					break;
				case "document": {
					const doc = composeDoc.composeDoc(this.options, this.directives, token, this.onError);
					if (this.atDirectives && !doc.directives.docStart) this.onError(token, "MISSING_CHAR", "Missing directives-end/doc-start indicator line");
					this.decorate(doc, false);
					if (this.doc) yield this.doc;
					this.doc = doc;
					this.atDirectives = false;
					break;
				}
				case "byte-order-mark":
				case "space": break;
				case "comment":
				case "newline":
					this.prelude.push(token.source);
					break;
				case "error": {
					const msg = token.source ? `${token.message}: ${JSON.stringify(token.source)}` : token.message;
					const error = new errors.YAMLParseError(getErrorPos(token), "UNEXPECTED_TOKEN", msg);
					if (this.atDirectives || !this.doc) this.errors.push(error);
					else this.doc.errors.push(error);
					break;
				}
				case "doc-end": {
					if (!this.doc) {
						this.errors.push(new errors.YAMLParseError(getErrorPos(token), "UNEXPECTED_TOKEN", "Unexpected doc-end without preceding document"));
						break;
					}
					this.doc.directives.docEnd = true;
					const end = resolveEnd.resolveEnd(token.end, token.offset + token.source.length, this.doc.options.strict, this.onError);
					this.decorate(this.doc, true);
					if (end.comment) {
						const dc = this.doc.comment;
						this.doc.comment = dc ? `${dc}\n${end.comment}` : end.comment;
					}
					this.doc.range[2] = end.offset;
					break;
				}
				default: this.errors.push(new errors.YAMLParseError(getErrorPos(token), "UNEXPECTED_TOKEN", `Unsupported token ${token.type}`));
			}
		}
		/**
		* Call at end of input to yield any remaining document.
		*
		* @param forceDoc - If the stream contains no document, still emit a final document including any comments and directives that would be applied to a subsequent document.
		* @param endOffset - Should be set if `forceDoc` is also set, to set the document range end and to indicate errors correctly.
		*/
		*end(forceDoc = false, endOffset = -1) {
			if (this.doc) {
				this.decorate(this.doc, true);
				yield this.doc;
				this.doc = null;
			} else if (forceDoc) {
				const opts = Object.assign({ _directives: this.directives }, this.options);
				const doc = new Document.Document(void 0, opts);
				if (this.atDirectives) this.onError(endOffset, "MISSING_CHAR", "Missing directives-end indicator line");
				doc.range = [
					0,
					endOffset,
					endOffset
				];
				this.decorate(doc, false);
				yield doc;
			}
		}
	};
	exports.Composer = Composer;
}));
// node_modules/yaml/dist/parse/cst-scalar.js
var require_cst_scalar = /* @__PURE__ */ __commonJSMin(((exports) => {
	var resolveBlockScalar = require_resolve_block_scalar();
	var resolveFlowScalar = require_resolve_flow_scalar();
	var errors = require_errors();
	var stringifyString = require_stringifyString();
	function resolveAsScalar(token, strict = true, onError) {
		if (token) {
			const _onError = (pos, code, message) => {
				const offset = typeof pos === "number" ? pos : Array.isArray(pos) ? pos[0] : pos.offset;
				if (onError) onError(offset, code, message);
				else throw new errors.YAMLParseError([offset, offset + 1], code, message);
			};
			switch (token.type) {
				case "scalar":
				case "single-quoted-scalar":
				case "double-quoted-scalar": return resolveFlowScalar.resolveFlowScalar(token, strict, _onError);
				case "block-scalar": return resolveBlockScalar.resolveBlockScalar({ options: { strict } }, token, _onError);
			}
		}
		return null;
	}
	/**
	* Create a new scalar token with `value`
	*
	* Values that represent an actual string but may be parsed as a different type should use a `type` other than `'PLAIN'`,
	* as this function does not support any schema operations and won't check for such conflicts.
	*
	* @param value The string representation of the value, which will have its content properly indented.
	* @param context.end Comments and whitespace after the end of the value, or after the block scalar header. If undefined, a newline will be added.
	* @param context.implicitKey Being within an implicit key may affect the resolved type of the token's value.
	* @param context.indent The indent level of the token.
	* @param context.inFlow Is this scalar within a flow collection? This may affect the resolved type of the token's value.
	* @param context.offset The offset position of the token.
	* @param context.type The preferred type of the scalar token. If undefined, the previous type of the `token` will be used, defaulting to `'PLAIN'`.
	*/
	function createScalarToken(value, context) {
		const { implicitKey = false, indent, inFlow = false, offset = -1, type = "PLAIN" } = context;
		const source = stringifyString.stringifyString({
			type,
			value
		}, {
			implicitKey,
			indent: indent > 0 ? " ".repeat(indent) : "",
			inFlow,
			options: {
				blockQuote: true,
				lineWidth: -1
			}
		});
		const end = context.end ?? [{
			type: "newline",
			offset: -1,
			indent,
			source: "\n"
		}];
		switch (source[0]) {
			case "|":
			case ">": {
				const he = source.indexOf("\n");
				const head = source.substring(0, he);
				const body = source.substring(he + 1) + "\n";
				const props = [{
					type: "block-scalar-header",
					offset,
					indent,
					source: head
				}];
				if (!addEndtoBlockProps(props, end)) props.push({
					type: "newline",
					offset: -1,
					indent,
					source: "\n"
				});
				return {
					type: "block-scalar",
					offset,
					indent,
					props,
					source: body
				};
			}
			case "\"": return {
				type: "double-quoted-scalar",
				offset,
				indent,
				source,
				end
			};
			case "'": return {
				type: "single-quoted-scalar",
				offset,
				indent,
				source,
				end
			};
			default: return {
				type: "scalar",
				offset,
				indent,
				source,
				end
			};
		}
	}
	/**
	* Set the value of `token` to the given string `value`, overwriting any previous contents and type that it may have.
	*
	* Best efforts are made to retain any comments previously associated with the `token`,
	* though all contents within a collection's `items` will be overwritten.
	*
	* Values that represent an actual string but may be parsed as a different type should use a `type` other than `'PLAIN'`,
	* as this function does not support any schema operations and won't check for such conflicts.
	*
	* @param token Any token. If it does not include an `indent` value, the value will be stringified as if it were an implicit key.
	* @param value The string representation of the value, which will have its content properly indented.
	* @param context.afterKey In most cases, values after a key should have an additional level of indentation.
	* @param context.implicitKey Being within an implicit key may affect the resolved type of the token's value.
	* @param context.inFlow Being within a flow collection may affect the resolved type of the token's value.
	* @param context.type The preferred type of the scalar token. If undefined, the previous type of the `token` will be used, defaulting to `'PLAIN'`.
	*/
	function setScalarValue(token, value, context = {}) {
		let { afterKey = false, implicitKey = false, inFlow = false, type } = context;
		let indent = "indent" in token ? token.indent : null;
		if (afterKey && typeof indent === "number") indent += 2;
		if (!type) switch (token.type) {
			case "single-quoted-scalar":
				type = "QUOTE_SINGLE";
				break;
			case "double-quoted-scalar":
				type = "QUOTE_DOUBLE";
				break;
			case "block-scalar": {
				const header = token.props[0];
				if (header.type !== "block-scalar-header") throw new Error("Invalid block scalar header");
				type = header.source[0] === ">" ? "BLOCK_FOLDED" : "BLOCK_LITERAL";
				break;
			}
			default: type = "PLAIN";
		}
		const source = stringifyString.stringifyString({
			type,
			value
		}, {
			implicitKey: implicitKey || indent === null,
			indent: indent !== null && indent > 0 ? " ".repeat(indent) : "",
			inFlow,
			options: {
				blockQuote: true,
				lineWidth: -1
			}
		});
		switch (source[0]) {
			case "|":
			case ">":
				setBlockScalarValue(token, source);
				break;
			case "\"":
				setFlowScalarValue(token, source, "double-quoted-scalar");
				break;
			case "'":
				setFlowScalarValue(token, source, "single-quoted-scalar");
				break;
			default: setFlowScalarValue(token, source, "scalar");
		}
	}
	function setBlockScalarValue(token, source) {
		const he = source.indexOf("\n");
		const head = source.substring(0, he);
		const body = source.substring(he + 1) + "\n";
		if (token.type === "block-scalar") {
			const header = token.props[0];
			if (header.type !== "block-scalar-header") throw new Error("Invalid block scalar header");
			header.source = head;
			token.source = body;
		} else {
			const { offset } = token;
			const indent = "indent" in token ? token.indent : -1;
			const props = [{
				type: "block-scalar-header",
				offset,
				indent,
				source: head
			}];
			if (!addEndtoBlockProps(props, "end" in token ? token.end : void 0)) props.push({
				type: "newline",
				offset: -1,
				indent,
				source: "\n"
			});
			for (const key of Object.keys(token)) if (key !== "type" && key !== "offset") delete token[key];
			Object.assign(token, {
				type: "block-scalar",
				indent,
				props,
				source: body
			});
		}
	}
	/** @returns `true` if last token is a newline */
	function addEndtoBlockProps(props, end) {
		if (end) for (const st of end) switch (st.type) {
			case "space":
			case "comment":
				props.push(st);
				break;
			case "newline":
				props.push(st);
				return true;
		}
		return false;
	}
	function setFlowScalarValue(token, source, type) {
		switch (token.type) {
			case "scalar":
			case "double-quoted-scalar":
			case "single-quoted-scalar":
				token.type = type;
				token.source = source;
				break;
			case "block-scalar": {
				const end = token.props.slice(1);
				let oa = source.length;
				if (token.props[0].type === "block-scalar-header") oa -= token.props[0].source.length;
				for (const tok of end) tok.offset += oa;
				delete token.props;
				Object.assign(token, {
					type,
					source,
					end
				});
				break;
			}
			case "block-map":
			case "block-seq": {
				const nl = {
					type: "newline",
					offset: token.offset + source.length,
					indent: token.indent,
					source: "\n"
				};
				delete token.items;
				Object.assign(token, {
					type,
					source,
					end: [nl]
				});
				break;
			}
			default: {
				const indent = "indent" in token ? token.indent : -1;
				const end = "end" in token && Array.isArray(token.end) ? token.end.filter((st) => st.type === "space" || st.type === "comment" || st.type === "newline") : [];
				for (const key of Object.keys(token)) if (key !== "type" && key !== "offset") delete token[key];
				Object.assign(token, {
					type,
					indent,
					source,
					end
				});
			}
		}
	}
	exports.createScalarToken = createScalarToken;
	exports.resolveAsScalar = resolveAsScalar;
	exports.setScalarValue = setScalarValue;
}));
// node_modules/yaml/dist/parse/cst-stringify.js
var require_cst_stringify = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Stringify a CST document, token, or collection item
	*
	* Fair warning: This applies no validation whatsoever, and
	* simply concatenates the sources in their logical order.
	*/
	const stringify = (cst) => "type" in cst ? stringifyToken(cst) : stringifyItem(cst);
	function stringifyToken(token) {
		switch (token.type) {
			case "block-scalar": {
				let res = "";
				for (const tok of token.props) res += stringifyToken(tok);
				return res + token.source;
			}
			case "block-map":
			case "block-seq": {
				let res = "";
				for (const item of token.items) res += stringifyItem(item);
				return res;
			}
			case "flow-collection": {
				let res = token.start.source;
				for (const item of token.items) res += stringifyItem(item);
				for (const st of token.end) res += st.source;
				return res;
			}
			case "document": {
				let res = stringifyItem(token);
				if (token.end) for (const st of token.end) res += st.source;
				return res;
			}
			default: {
				let res = token.source;
				if ("end" in token && token.end) for (const st of token.end) res += st.source;
				return res;
			}
		}
	}
	function stringifyItem({ start, key, sep, value }) {
		let res = "";
		for (const st of start) res += st.source;
		if (key) res += stringifyToken(key);
		if (sep) for (const st of sep) res += st.source;
		if (value) res += stringifyToken(value);
		return res;
	}
	exports.stringify = stringify;
}));
// node_modules/yaml/dist/parse/cst-visit.js
var require_cst_visit = /* @__PURE__ */ __commonJSMin(((exports) => {
	const BREAK = Symbol("break visit");
	const SKIP = Symbol("skip children");
	const REMOVE = Symbol("remove item");
	/**
	* Apply a visitor to a CST document or item.
	*
	* Walks through the tree (depth-first) starting from the root, calling a
	* `visitor` function with two arguments when entering each item:
	*   - `item`: The current item, which included the following members:
	*     - `start: SourceToken[]` – Source tokens before the key or value,
	*       possibly including its anchor or tag.
	*     - `key?: Token | null` – Set for pair values. May then be `null`, if
	*       the key before the `:` separator is empty.
	*     - `sep?: SourceToken[]` – Source tokens between the key and the value,
	*       which should include the `:` map value indicator if `value` is set.
	*     - `value?: Token` – The value of a sequence item, or of a map pair.
	*   - `path`: The steps from the root to the current node, as an array of
	*     `['key' | 'value', number]` tuples.
	*
	* The return value of the visitor may be used to control the traversal:
	*   - `undefined` (default): Do nothing and continue
	*   - `visit.SKIP`: Do not visit the children of this token, continue with
	*      next sibling
	*   - `visit.BREAK`: Terminate traversal completely
	*   - `visit.REMOVE`: Remove the current item, then continue with the next one
	*   - `number`: Set the index of the next step. This is useful especially if
	*     the index of the current token has changed.
	*   - `function`: Define the next visitor for this item. After the original
	*     visitor is called on item entry, next visitors are called after handling
	*     a non-empty `key` and when exiting the item.
	*/
	function visit(cst, visitor) {
		if ("type" in cst && cst.type === "document") cst = {
			start: cst.start,
			value: cst.value
		};
		_visit(Object.freeze([]), cst, visitor);
	}
	/** Terminate visit traversal completely */
	visit.BREAK = BREAK;
	/** Do not visit the children of the current item */
	visit.SKIP = SKIP;
	/** Remove the current item */
	visit.REMOVE = REMOVE;
	/** Find the item at `path` from `cst` as the root */
	visit.itemAtPath = (cst, path) => {
		let item = cst;
		for (const [field, index] of path) {
			const tok = item?.[field];
			if (tok && "items" in tok) item = tok.items[index];
			else return void 0;
		}
		return item;
	};
	/**
	* Get the immediate parent collection of the item at `path` from `cst` as the root.
	*
	* Throws an error if the collection is not found, which should never happen if the item itself exists.
	*/
	visit.parentCollection = (cst, path) => {
		const parent = visit.itemAtPath(cst, path.slice(0, -1));
		const field = path[path.length - 1][0];
		const coll = parent?.[field];
		if (coll && "items" in coll) return coll;
		throw new Error("Parent collection not found");
	};
	function _visit(path, item, visitor) {
		let ctrl = visitor(item, path);
		if (typeof ctrl === "symbol") return ctrl;
		for (const field of ["key", "value"]) {
			const token = item[field];
			if (token && "items" in token) {
				for (let i = 0; i < token.items.length; ++i) {
					const ci = _visit(Object.freeze(path.concat([[field, i]])), token.items[i], visitor);
					if (typeof ci === "number") i = ci - 1;
					else if (ci === BREAK) return BREAK;
					else if (ci === REMOVE) {
						token.items.splice(i, 1);
						i -= 1;
					}
				}
				if (typeof ctrl === "function" && field === "key") ctrl = ctrl(item, path);
			}
		}
		return typeof ctrl === "function" ? ctrl(item, path) : ctrl;
	}
	exports.visit = visit;
}));
// node_modules/yaml/dist/parse/cst.js
var require_cst = /* @__PURE__ */ __commonJSMin(((exports) => {
	var cstScalar = require_cst_scalar();
	var cstStringify = require_cst_stringify();
	var cstVisit = require_cst_visit();
	/** The byte order mark */
	const BOM = "﻿";
	/** Start of doc-mode */
	const DOCUMENT = "";
	/** Unexpected end of flow-mode */
	const FLOW_END = "";
	/** Next token is a scalar value */
	const SCALAR = "";
	/** @returns `true` if `token` is a flow or block collection */
	const isCollection = (token) => !!token && "items" in token;
	/** @returns `true` if `token` is a flow or block scalar; not an alias */
	const isScalar = (token) => !!token && (token.type === "scalar" || token.type === "single-quoted-scalar" || token.type === "double-quoted-scalar" || token.type === "block-scalar");
	/* istanbul ignore next */
	/** Get a printable representation of a lexer token */
	function prettyToken(token) {
		switch (token) {
			case BOM: return "<BOM>";
			case DOCUMENT: return "<DOC>";
			case FLOW_END: return "<FLOW_END>";
			case SCALAR: return "<SCALAR>";
			default: return JSON.stringify(token);
		}
	}
	/** Identify the type of a lexer token. May return `null` for unknown tokens. */
	function tokenType(source) {
		switch (source) {
			case BOM: return "byte-order-mark";
			case DOCUMENT: return "doc-mode";
			case FLOW_END: return "flow-error-end";
			case SCALAR: return "scalar";
			case "---": return "doc-start";
			case "...": return "doc-end";
			case "":
			case "\n":
			case "\r\n": return "newline";
			case "-": return "seq-item-ind";
			case "?": return "explicit-key-ind";
			case ":": return "map-value-ind";
			case "{": return "flow-map-start";
			case "}": return "flow-map-end";
			case "[": return "flow-seq-start";
			case "]": return "flow-seq-end";
			case ",": return "comma";
		}
		switch (source[0]) {
			case " ":
			case "	": return "space";
			case "#": return "comment";
			case "%": return "directive-line";
			case "*": return "alias";
			case "&": return "anchor";
			case "!": return "tag";
			case "'": return "single-quoted-scalar";
			case "\"": return "double-quoted-scalar";
			case "|":
			case ">": return "block-scalar-header";
		}
		return null;
	}
	exports.createScalarToken = cstScalar.createScalarToken;
	exports.resolveAsScalar = cstScalar.resolveAsScalar;
	exports.setScalarValue = cstScalar.setScalarValue;
	exports.stringify = cstStringify.stringify;
	exports.visit = cstVisit.visit;
	exports.BOM = BOM;
	exports.DOCUMENT = DOCUMENT;
	exports.FLOW_END = FLOW_END;
	exports.SCALAR = SCALAR;
	exports.isCollection = isCollection;
	exports.isScalar = isScalar;
	exports.prettyToken = prettyToken;
	exports.tokenType = tokenType;
}));
// node_modules/yaml/dist/parse/lexer.js
var require_lexer = /* @__PURE__ */ __commonJSMin(((exports) => {
	var cst = require_cst();
	function isEmpty(ch) {
		switch (ch) {
			case void 0:
			case " ":
			case "\n":
			case "\r":
			case "	": return true;
			default: return false;
		}
	}
	const hexDigits = /* @__PURE__ */ new Set("0123456789ABCDEFabcdef");
	const tagChars = /* @__PURE__ */ new Set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-#;/?:@&=+$_.!~*'()");
	const flowIndicatorChars = /* @__PURE__ */ new Set(",[]{}");
	const invalidAnchorChars = /* @__PURE__ */ new Set(" ,[]{}\n\r	");
	const isNotAnchorChar = (ch) => !ch || invalidAnchorChars.has(ch);
	/**
	* Splits an input string into lexical tokens, i.e. smaller strings that are
	* easily identifiable by `tokens.tokenType()`.
	*
	* Lexing starts always in a "stream" context. Incomplete input may be buffered
	* until a complete token can be emitted.
	*
	* In addition to slices of the original input, the following control characters
	* may also be emitted:
	*
	* - `\x02` (Start of Text): A document starts with the next token
	* - `\x18` (Cancel): Unexpected end of flow-mode (indicates an error)
	* - `\x1f` (Unit Separator): Next token is a scalar value
	* - `\u{FEFF}` (Byte order mark): Emitted separately outside documents
	*/
	var Lexer = class {
		constructor() {
			/**
			* Flag indicating whether the end of the current buffer marks the end of
			* all input
			*/
			this.atEnd = false;
			/**
			* Explicit indent set in block scalar header, as an offset from the current
			* minimum indent, so e.g. set to 1 from a header `|2+`. Set to -1 if not
			* explicitly set.
			*/
			this.blockScalarIndent = -1;
			/**
			* Block scalars that include a + (keep) chomping indicator in their header
			* include trailing empty lines, which are otherwise excluded from the
			* scalar's contents.
			*/
			this.blockScalarKeep = false;
			/** Current input */
			this.buffer = "";
			/**
			* Flag noting whether the map value indicator : can immediately follow this
			* node within a flow context.
			*/
			this.flowKey = false;
			/** Count of surrounding flow collection levels. */
			this.flowLevel = 0;
			/**
			* Minimum level of indentation required for next lines to be parsed as a
			* part of the current scalar value.
			*/
			this.indentNext = 0;
			/** Indentation level of the current line. */
			this.indentValue = 0;
			/** Position of the next \n character. */
			this.lineEndPos = null;
			/** Stores the state of the lexer if reaching the end of incpomplete input */
			this.next = null;
			/** A pointer to `buffer`; the current position of the lexer. */
			this.pos = 0;
		}
		/**
		* Generate YAML tokens from the `source` string. If `incomplete`,
		* a part of the last line may be left as a buffer for the next call.
		*
		* @returns A generator of lexical tokens
		*/
		*lex(source, incomplete = false) {
			if (source) {
				if (typeof source !== "string") throw TypeError("source is not a string");
				this.buffer = this.buffer ? this.buffer + source : source;
				this.lineEndPos = null;
			}
			this.atEnd = !incomplete;
			let next = this.next ?? "stream";
			while (next && (incomplete || this.hasChars(1))) next = yield* this.parseNext(next);
		}
		atLineEnd() {
			let i = this.pos;
			let ch = this.buffer[i];
			while (ch === " " || ch === "	") ch = this.buffer[++i];
			if (!ch || ch === "#" || ch === "\n") return true;
			if (ch === "\r") return this.buffer[i + 1] === "\n";
			return false;
		}
		charAt(n) {
			return this.buffer[this.pos + n];
		}
		continueScalar(offset) {
			let ch = this.buffer[offset];
			if (this.indentNext > 0) {
				let indent = 0;
				while (ch === " ") ch = this.buffer[++indent + offset];
				if (ch === "\r") {
					const next = this.buffer[indent + offset + 1];
					if (next === "\n" || !next && !this.atEnd) return offset + indent + 1;
				}
				return ch === "\n" || indent >= this.indentNext || !ch && !this.atEnd ? offset + indent : -1;
			}
			if (ch === "-" || ch === ".") {
				const dt = this.buffer.substr(offset, 3);
				if ((dt === "---" || dt === "...") && isEmpty(this.buffer[offset + 3])) return -1;
			}
			return offset;
		}
		getLine() {
			let end = this.lineEndPos;
			if (typeof end !== "number" || end !== -1 && end < this.pos) {
				end = this.buffer.indexOf("\n", this.pos);
				this.lineEndPos = end;
			}
			if (end === -1) return this.atEnd ? this.buffer.substring(this.pos) : null;
			if (this.buffer[end - 1] === "\r") end -= 1;
			return this.buffer.substring(this.pos, end);
		}
		hasChars(n) {
			return this.pos + n <= this.buffer.length;
		}
		setNext(state) {
			this.buffer = this.buffer.substring(this.pos);
			this.pos = 0;
			this.lineEndPos = null;
			this.next = state;
			return null;
		}
		peek(n) {
			return this.buffer.substr(this.pos, n);
		}
		*parseNext(next) {
			switch (next) {
				case "stream": return yield* this.parseStream();
				case "line-start": return yield* this.parseLineStart();
				case "block-start": return yield* this.parseBlockStart();
				case "doc": return yield* this.parseDocument();
				case "flow": return yield* this.parseFlowCollection();
				case "quoted-scalar": return yield* this.parseQuotedScalar();
				case "block-scalar": return yield* this.parseBlockScalar();
				case "plain-scalar": return yield* this.parsePlainScalar();
			}
		}
		*parseStream() {
			let line = this.getLine();
			if (line === null) return this.setNext("stream");
			if (line[0] === cst.BOM) {
				yield* this.pushCount(1);
				line = line.substring(1);
			}
			if (line[0] === "%") {
				let dirEnd = line.length;
				let cs = line.indexOf("#");
				while (cs !== -1) {
					const ch = line[cs - 1];
					if (ch === " " || ch === "	") {
						dirEnd = cs - 1;
						break;
					} else cs = line.indexOf("#", cs + 1);
				}
				while (true) {
					const ch = line[dirEnd - 1];
					if (ch === " " || ch === "	") dirEnd -= 1;
					else break;
				}
				const n = (yield* this.pushCount(dirEnd)) + (yield* this.pushSpaces(true));
				yield* this.pushCount(line.length - n);
				this.pushNewline();
				return "stream";
			}
			if (this.atLineEnd()) {
				const sp = yield* this.pushSpaces(true);
				yield* this.pushCount(line.length - sp);
				yield* this.pushNewline();
				return "stream";
			}
			yield cst.DOCUMENT;
			return yield* this.parseLineStart();
		}
		*parseLineStart() {
			const ch = this.charAt(0);
			if (!ch && !this.atEnd) return this.setNext("line-start");
			if (ch === "-" || ch === ".") {
				if (!this.atEnd && !this.hasChars(4)) return this.setNext("line-start");
				const s = this.peek(3);
				if ((s === "---" || s === "...") && isEmpty(this.charAt(3))) {
					yield* this.pushCount(3);
					this.indentValue = 0;
					this.indentNext = 0;
					return s === "---" ? "doc" : "stream";
				}
			}
			this.indentValue = yield* this.pushSpaces(false);
			if (this.indentNext > this.indentValue && !isEmpty(this.charAt(1))) this.indentNext = this.indentValue;
			return yield* this.parseBlockStart();
		}
		*parseBlockStart() {
			const [ch0, ch1] = this.peek(2);
			if (!ch1 && !this.atEnd) return this.setNext("block-start");
			if ((ch0 === "-" || ch0 === "?" || ch0 === ":") && isEmpty(ch1)) {
				const n = (yield* this.pushCount(1)) + (yield* this.pushSpaces(true));
				this.indentNext = this.indentValue + 1;
				this.indentValue += n;
				return "block-start";
			}
			return "doc";
		}
		*parseDocument() {
			yield* this.pushSpaces(true);
			const line = this.getLine();
			if (line === null) return this.setNext("doc");
			let n = yield* this.pushIndicators();
			switch (line[n]) {
				case "#": yield* this.pushCount(line.length - n);
				case void 0:
					yield* this.pushNewline();
					return yield* this.parseLineStart();
				case "{":
				case "[":
					yield* this.pushCount(1);
					this.flowKey = false;
					this.flowLevel = 1;
					return "flow";
				case "}":
				case "]":
					yield* this.pushCount(1);
					return "doc";
				case "*":
					yield* this.pushUntil(isNotAnchorChar);
					return "doc";
				case "\"":
				case "'": return yield* this.parseQuotedScalar();
				case "|":
				case ">":
					n += yield* this.parseBlockScalarHeader();
					n += yield* this.pushSpaces(true);
					yield* this.pushCount(line.length - n);
					yield* this.pushNewline();
					return yield* this.parseBlockScalar();
				default: return yield* this.parsePlainScalar();
			}
		}
		*parseFlowCollection() {
			let nl, sp;
			let indent = -1;
			do {
				nl = yield* this.pushNewline();
				if (nl > 0) {
					sp = yield* this.pushSpaces(false);
					this.indentValue = indent = sp;
				} else sp = 0;
				sp += yield* this.pushSpaces(true);
			} while (nl + sp > 0);
			const line = this.getLine();
			if (line === null) return this.setNext("flow");
			if (indent !== -1 && indent < this.indentNext && line[0] !== "#" || indent === 0 && (line.startsWith("---") || line.startsWith("...")) && isEmpty(line[3])) {
				if (!(indent === this.indentNext - 1 && this.flowLevel === 1 && (line[0] === "]" || line[0] === "}"))) {
					this.flowLevel = 0;
					yield cst.FLOW_END;
					return yield* this.parseLineStart();
				}
			}
			let n = 0;
			while (line[n] === ",") {
				n += yield* this.pushCount(1);
				n += yield* this.pushSpaces(true);
				this.flowKey = false;
			}
			n += yield* this.pushIndicators();
			switch (line[n]) {
				case void 0: return "flow";
				case "#":
					yield* this.pushCount(line.length - n);
					return "flow";
				case "{":
				case "[":
					yield* this.pushCount(1);
					this.flowKey = false;
					this.flowLevel += 1;
					return "flow";
				case "}":
				case "]":
					yield* this.pushCount(1);
					this.flowKey = true;
					this.flowLevel -= 1;
					return this.flowLevel ? "flow" : "doc";
				case "*":
					yield* this.pushUntil(isNotAnchorChar);
					return "flow";
				case "\"":
				case "'":
					this.flowKey = true;
					return yield* this.parseQuotedScalar();
				case ":": {
					const next = this.charAt(1);
					if (this.flowKey || isEmpty(next) || next === ",") {
						this.flowKey = false;
						yield* this.pushCount(1);
						yield* this.pushSpaces(true);
						return "flow";
					}
				}
				default:
					this.flowKey = false;
					return yield* this.parsePlainScalar();
			}
		}
		*parseQuotedScalar() {
			const quote = this.charAt(0);
			let end = this.buffer.indexOf(quote, this.pos + 1);
			if (quote === "'") while (end !== -1 && this.buffer[end + 1] === "'") end = this.buffer.indexOf("'", end + 2);
			else while (end !== -1) {
				let n = 0;
				while (this.buffer[end - 1 - n] === "\\") n += 1;
				if (n % 2 === 0) break;
				end = this.buffer.indexOf("\"", end + 1);
			}
			const qb = this.buffer.substring(0, end);
			let nl = qb.indexOf("\n", this.pos);
			if (nl !== -1) {
				while (nl !== -1) {
					const cs = this.continueScalar(nl + 1);
					if (cs === -1) break;
					nl = qb.indexOf("\n", cs);
				}
				if (nl !== -1) end = nl - (qb[nl - 1] === "\r" ? 2 : 1);
			}
			if (end === -1) {
				if (!this.atEnd) return this.setNext("quoted-scalar");
				end = this.buffer.length;
			}
			yield* this.pushToIndex(end + 1, false);
			return this.flowLevel ? "flow" : "doc";
		}
		*parseBlockScalarHeader() {
			this.blockScalarIndent = -1;
			this.blockScalarKeep = false;
			let i = this.pos;
			while (true) {
				const ch = this.buffer[++i];
				if (ch === "+") this.blockScalarKeep = true;
				else if (ch > "0" && ch <= "9") this.blockScalarIndent = Number(ch) - 1;
				else if (ch !== "-") break;
			}
			return yield* this.pushUntil((ch) => isEmpty(ch) || ch === "#");
		}
		*parseBlockScalar() {
			let nl = this.pos - 1;
			let indent = 0;
			let ch;
			loop: for (let i = this.pos; ch = this.buffer[i]; ++i) switch (ch) {
				case " ":
					indent += 1;
					break;
				case "\n":
					nl = i;
					indent = 0;
					break;
				case "\r": {
					const next = this.buffer[i + 1];
					if (!next && !this.atEnd) return this.setNext("block-scalar");
					if (next === "\n") break;
				}
				default: break loop;
			}
			if (!ch && !this.atEnd) return this.setNext("block-scalar");
			if (indent >= this.indentNext) {
				if (this.blockScalarIndent === -1) this.indentNext = indent;
				else this.indentNext = this.blockScalarIndent + (this.indentNext === 0 ? 1 : this.indentNext);
				do {
					const cs = this.continueScalar(nl + 1);
					if (cs === -1) break;
					nl = this.buffer.indexOf("\n", cs);
				} while (nl !== -1);
				if (nl === -1) {
					if (!this.atEnd) return this.setNext("block-scalar");
					nl = this.buffer.length;
				}
			}
			let i = nl + 1;
			ch = this.buffer[i];
			while (ch === " ") ch = this.buffer[++i];
			if (ch === "	") {
				while (ch === "	" || ch === " " || ch === "\r" || ch === "\n") ch = this.buffer[++i];
				nl = i - 1;
			} else if (!this.blockScalarKeep) do {
				let i = nl - 1;
				let ch = this.buffer[i];
				if (ch === "\r") ch = this.buffer[--i];
				const lastChar = i;
				while (ch === " ") ch = this.buffer[--i];
				if (ch === "\n" && i >= this.pos && i + 1 + indent > lastChar) nl = i;
				else break;
			} while (true);
			yield cst.SCALAR;
			yield* this.pushToIndex(nl + 1, true);
			return yield* this.parseLineStart();
		}
		*parsePlainScalar() {
			const inFlow = this.flowLevel > 0;
			let end = this.pos - 1;
			let i = this.pos - 1;
			let ch;
			while (ch = this.buffer[++i]) if (ch === ":") {
				const next = this.buffer[i + 1];
				if (isEmpty(next) || inFlow && flowIndicatorChars.has(next)) break;
				end = i;
			} else if (isEmpty(ch)) {
				let next = this.buffer[i + 1];
				if (ch === "\r") {
					if (next === "\n") {
						i += 1;
						ch = "\n";
						next = this.buffer[i + 1];
					} else end = i;
				}
				if (next === "#" || inFlow && flowIndicatorChars.has(next)) break;
				if (ch === "\n") {
					const cs = this.continueScalar(i + 1);
					if (cs === -1) break;
					i = Math.max(i, cs - 2);
				}
			} else {
				if (inFlow && flowIndicatorChars.has(ch)) break;
				end = i;
			}
			if (!ch && !this.atEnd) return this.setNext("plain-scalar");
			yield cst.SCALAR;
			yield* this.pushToIndex(end + 1, true);
			return inFlow ? "flow" : "doc";
		}
		*pushCount(n) {
			if (n > 0) {
				yield this.buffer.substr(this.pos, n);
				this.pos += n;
				return n;
			}
			return 0;
		}
		*pushToIndex(i, allowEmpty) {
			const s = this.buffer.slice(this.pos, i);
			if (s) {
				yield s;
				this.pos += s.length;
				return s.length;
			} else if (allowEmpty) yield "";
			return 0;
		}
		*pushIndicators() {
			let n = 0;
			loop: while (true) {
				switch (this.charAt(0)) {
					case "!":
						n += yield* this.pushTag();
						n += yield* this.pushSpaces(true);
						continue loop;
					case "&":
						n += yield* this.pushUntil(isNotAnchorChar);
						n += yield* this.pushSpaces(true);
						continue loop;
					case "-":
					case "?":
					case ":": {
						const inFlow = this.flowLevel > 0;
						const ch1 = this.charAt(1);
						if (isEmpty(ch1) || inFlow && flowIndicatorChars.has(ch1)) {
							if (!inFlow) this.indentNext = this.indentValue + 1;
							else if (this.flowKey) this.flowKey = false;
							n += yield* this.pushCount(1);
							n += yield* this.pushSpaces(true);
							continue loop;
						}
					}
				}
				break loop;
			}
			return n;
		}
		*pushTag() {
			if (this.charAt(1) === "<") {
				let i = this.pos + 2;
				let ch = this.buffer[i];
				while (!isEmpty(ch) && ch !== ">") ch = this.buffer[++i];
				return yield* this.pushToIndex(ch === ">" ? i + 1 : i, false);
			} else {
				let i = this.pos + 1;
				let ch = this.buffer[i];
				while (ch) if (tagChars.has(ch)) ch = this.buffer[++i];
				else if (ch === "%" && hexDigits.has(this.buffer[i + 1]) && hexDigits.has(this.buffer[i + 2])) ch = this.buffer[i += 3];
				else break;
				return yield* this.pushToIndex(i, false);
			}
		}
		*pushNewline() {
			const ch = this.buffer[this.pos];
			if (ch === "\n") return yield* this.pushCount(1);
			else if (ch === "\r" && this.charAt(1) === "\n") return yield* this.pushCount(2);
			else return 0;
		}
		*pushSpaces(allowTabs) {
			let i = this.pos - 1;
			let ch;
			do
				ch = this.buffer[++i];
			while (ch === " " || allowTabs && ch === "	");
			const n = i - this.pos;
			if (n > 0) {
				yield this.buffer.substr(this.pos, n);
				this.pos = i;
			}
			return n;
		}
		*pushUntil(test) {
			let i = this.pos;
			let ch = this.buffer[i];
			while (!test(ch)) ch = this.buffer[++i];
			return yield* this.pushToIndex(i, false);
		}
	};
	exports.Lexer = Lexer;
}));
// node_modules/yaml/dist/parse/line-counter.js
var require_line_counter = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Tracks newlines during parsing in order to provide an efficient API for
	* determining the one-indexed `{ line, col }` position for any offset
	* within the input.
	*/
	var LineCounter = class {
		constructor() {
			this.lineStarts = [];
			/**
			* Should be called in ascending order. Otherwise, call
			* `lineCounter.lineStarts.sort()` before calling `linePos()`.
			*/
			this.addNewLine = (offset) => this.lineStarts.push(offset);
			/**
			* Performs a binary search and returns the 1-indexed { line, col }
			* position of `offset`. If `line === 0`, `addNewLine` has never been
			* called or `offset` is before the first known newline.
			*/
			this.linePos = (offset) => {
				let low = 0;
				let high = this.lineStarts.length;
				while (low < high) {
					const mid = low + high >> 1;
					if (this.lineStarts[mid] < offset) low = mid + 1;
					else high = mid;
				}
				if (this.lineStarts[low] === offset) return {
					line: low + 1,
					col: 1
				};
				if (low === 0) return {
					line: 0,
					col: offset
				};
				const start = this.lineStarts[low - 1];
				return {
					line: low,
					col: offset - start + 1
				};
			};
		}
	};
	exports.LineCounter = LineCounter;
}));
// node_modules/yaml/dist/parse/parser.js
var require_parser = /* @__PURE__ */ __commonJSMin(((exports) => {
	var node_process = __require("process");
	var cst = require_cst();
	var lexer = require_lexer();
	function includesToken(list, type) {
		for (let i = 0; i < list.length; ++i) if (list[i].type === type) return true;
		return false;
	}
	function findNonEmptyIndex(list) {
		for (let i = 0; i < list.length; ++i) switch (list[i].type) {
			case "space":
			case "comment":
			case "newline": break;
			default: return i;
		}
		return -1;
	}
	function isFlowToken(token) {
		switch (token?.type) {
			case "alias":
			case "scalar":
			case "single-quoted-scalar":
			case "double-quoted-scalar":
			case "flow-collection": return true;
			default: return false;
		}
	}
	function getPrevProps(parent) {
		switch (parent.type) {
			case "document": return parent.start;
			case "block-map": {
				const it = parent.items[parent.items.length - 1];
				return it.sep ?? it.start;
			}
			case "block-seq": return parent.items[parent.items.length - 1].start;
			/* istanbul ignore next should not happen */
			default: return [];
		}
	}
	/** Note: May modify input array */
	function getFirstKeyStartProps(prev) {
		if (prev.length === 0) return [];
		let i = prev.length;
		loop: while (--i >= 0) switch (prev[i].type) {
			case "doc-start":
			case "explicit-key-ind":
			case "map-value-ind":
			case "seq-item-ind":
			case "newline": break loop;
		}
		while (prev[++i]?.type === "space");
		return prev.splice(i, prev.length);
	}
	function arrayPushArray(target, source) {
		if (source.length < 1e5) Array.prototype.push.apply(target, source);
		else for (let i = 0; i < source.length; ++i) target.push(source[i]);
	}
	function fixFlowSeqItems(fc) {
		if (fc.start.type === "flow-seq-start") {
			for (const it of fc.items) if (it.sep && !it.value && !includesToken(it.start, "explicit-key-ind") && !includesToken(it.sep, "map-value-ind")) {
				if (it.key) it.value = it.key;
				delete it.key;
				if (isFlowToken(it.value)) {
					if (it.value.end) arrayPushArray(it.value.end, it.sep);
					else it.value.end = it.sep;
				} else arrayPushArray(it.start, it.sep);
				delete it.sep;
			}
		}
	}
	/**
	* A YAML concrete syntax tree (CST) parser
	*
	* ```ts
	* const src: string = ...
	* for (const token of new Parser().parse(src)) {
	*   // token: Token
	* }
	* ```
	*
	* To use the parser with a user-provided lexer:
	*
	* ```ts
	* function* parse(source: string, lexer: Lexer) {
	*   const parser = new Parser()
	*   for (const lexeme of lexer.lex(source))
	*     yield* parser.next(lexeme)
	*   yield* parser.end()
	* }
	*
	* const src: string = ...
	* const lexer = new Lexer()
	* for (const token of parse(src, lexer)) {
	*   // token: Token
	* }
	* ```
	*/
	var Parser = class {
		/**
		* @param onNewLine - If defined, called separately with the start position of
		*   each new line (in `parse()`, including the start of input).
		*/
		constructor(onNewLine) {
			/** If true, space and sequence indicators count as indentation */
			this.atNewLine = true;
			/** If true, next token is a scalar value */
			this.atScalar = false;
			/** Current indentation level */
			this.indent = 0;
			/** Current offset since the start of parsing */
			this.offset = 0;
			/** On the same line with a block map key */
			this.onKeyLine = false;
			/** Top indicates the node that's currently being built */
			this.stack = [];
			/** The source of the current token, set in parse() */
			this.source = "";
			/** The type of the current token, set in parse() */
			this.type = "";
			this.lexer = new lexer.Lexer();
			this.onNewLine = onNewLine;
		}
		/**
		* Parse `source` as a YAML stream.
		* If `incomplete`, a part of the last line may be left as a buffer for the next call.
		*
		* Errors are not thrown, but yielded as `{ type: 'error', message }` tokens.
		*
		* @returns A generator of tokens representing each directive, document, and other structure.
		*/
		*parse(source, incomplete = false) {
			if (this.onNewLine && this.offset === 0) this.onNewLine(0);
			for (const lexeme of this.lexer.lex(source, incomplete)) yield* this.next(lexeme);
			if (!incomplete) yield* this.end();
		}
		/**
		* Advance the parser by the `source` of one lexical token.
		*/
		*next(source) {
			this.source = source;
			if (node_process.env.LOG_TOKENS) console.log("|", cst.prettyToken(source));
			if (this.atScalar) {
				this.atScalar = false;
				yield* this.step();
				this.offset += source.length;
				return;
			}
			const type = cst.tokenType(source);
			if (!type) {
				const message = `Not a YAML token: ${source}`;
				yield* this.pop({
					type: "error",
					offset: this.offset,
					message,
					source
				});
				this.offset += source.length;
			} else if (type === "scalar") {
				this.atNewLine = false;
				this.atScalar = true;
				this.type = "scalar";
			} else {
				this.type = type;
				yield* this.step();
				switch (type) {
					case "newline":
						this.atNewLine = true;
						this.indent = 0;
						if (this.onNewLine) this.onNewLine(this.offset + source.length);
						break;
					case "space":
						if (this.atNewLine && source[0] === " ") this.indent += source.length;
						break;
					case "explicit-key-ind":
					case "map-value-ind":
					case "seq-item-ind":
						if (this.atNewLine) this.indent += source.length;
						break;
					case "doc-mode":
					case "flow-error-end": return;
					default: this.atNewLine = false;
				}
				this.offset += source.length;
			}
		}
		/** Call at end of input to push out any remaining constructions */
		*end() {
			while (this.stack.length > 0) yield* this.pop();
		}
		get sourceToken() {
			return {
				type: this.type,
				offset: this.offset,
				indent: this.indent,
				source: this.source
			};
		}
		*step() {
			const top = this.peek(1);
			if (this.type === "doc-end" && top?.type !== "doc-end") {
				while (this.stack.length > 0) yield* this.pop();
				this.stack.push({
					type: "doc-end",
					offset: this.offset,
					source: this.source
				});
				return;
			}
			if (!top) return yield* this.stream();
			switch (top.type) {
				case "document": return yield* this.document(top);
				case "alias":
				case "scalar":
				case "single-quoted-scalar":
				case "double-quoted-scalar": return yield* this.scalar(top);
				case "block-scalar": return yield* this.blockScalar(top);
				case "block-map": return yield* this.blockMap(top);
				case "block-seq": return yield* this.blockSequence(top);
				case "flow-collection": return yield* this.flowCollection(top);
				case "doc-end": return yield* this.documentEnd(top);
			}
			/* istanbul ignore next should not happen */
			yield* this.pop();
		}
		peek(n) {
			return this.stack[this.stack.length - n];
		}
		*pop(error) {
			const token = error ?? this.stack.pop();
			/* istanbul ignore if should not happen */
			if (!token) yield {
				type: "error",
				offset: this.offset,
				source: "",
				message: "Tried to pop an empty stack"
			};
			else if (this.stack.length === 0) yield token;
			else {
				const top = this.peek(1);
				if (token.type === "block-scalar") token.indent = "indent" in top ? top.indent : 0;
				else if (token.type === "flow-collection" && top.type === "document") token.indent = 0;
				if (token.type === "flow-collection") fixFlowSeqItems(token);
				switch (top.type) {
					case "document":
						top.value = token;
						break;
					case "block-scalar":
						top.props.push(token);
						break;
					case "block-map": {
						const it = top.items[top.items.length - 1];
						if (it.value) {
							top.items.push({
								start: [],
								key: token,
								sep: []
							});
							this.onKeyLine = true;
							return;
						} else if (it.sep) it.value = token;
						else {
							Object.assign(it, {
								key: token,
								sep: []
							});
							this.onKeyLine = !it.explicitKey;
							return;
						}
						break;
					}
					case "block-seq": {
						const it = top.items[top.items.length - 1];
						if (it.value) top.items.push({
							start: [],
							value: token
						});
						else it.value = token;
						break;
					}
					case "flow-collection": {
						const it = top.items[top.items.length - 1];
						if (!it || it.value) top.items.push({
							start: [],
							key: token,
							sep: []
						});
						else if (it.sep) it.value = token;
						else Object.assign(it, {
							key: token,
							sep: []
						});
						return;
					}
					/* istanbul ignore next should not happen */
					default:
						yield* this.pop();
						yield* this.pop(token);
				}
				if ((top.type === "document" || top.type === "block-map" || top.type === "block-seq") && (token.type === "block-map" || token.type === "block-seq")) {
					const last = token.items[token.items.length - 1];
					if (last && !last.sep && !last.value && last.start.length > 0 && findNonEmptyIndex(last.start) === -1 && (token.indent === 0 || last.start.every((st) => st.type !== "comment" || st.indent < token.indent))) {
						if (top.type === "document") top.end = last.start;
						else top.items.push({ start: last.start });
						token.items.splice(-1, 1);
					}
				}
			}
		}
		*stream() {
			switch (this.type) {
				case "directive-line":
					yield {
						type: "directive",
						offset: this.offset,
						source: this.source
					};
					return;
				case "byte-order-mark":
				case "space":
				case "comment":
				case "newline":
					yield this.sourceToken;
					return;
				case "doc-mode":
				case "doc-start": {
					const doc = {
						type: "document",
						offset: this.offset,
						start: []
					};
					if (this.type === "doc-start") doc.start.push(this.sourceToken);
					this.stack.push(doc);
					return;
				}
			}
			yield {
				type: "error",
				offset: this.offset,
				message: `Unexpected ${this.type} token in YAML stream`,
				source: this.source
			};
		}
		*document(doc) {
			if (doc.value) return yield* this.lineEnd(doc);
			switch (this.type) {
				case "doc-start":
					if (findNonEmptyIndex(doc.start) !== -1) {
						yield* this.pop();
						yield* this.step();
					} else doc.start.push(this.sourceToken);
					return;
				case "anchor":
				case "tag":
				case "space":
				case "comment":
				case "newline":
					doc.start.push(this.sourceToken);
					return;
			}
			const bv = this.startBlockValue(doc);
			if (bv) this.stack.push(bv);
			else yield {
				type: "error",
				offset: this.offset,
				message: `Unexpected ${this.type} token in YAML document`,
				source: this.source
			};
		}
		*scalar(scalar) {
			if (this.type === "map-value-ind") {
				const start = getFirstKeyStartProps(getPrevProps(this.peek(2)));
				let sep;
				if (scalar.end) {
					sep = scalar.end;
					sep.push(this.sourceToken);
					delete scalar.end;
				} else sep = [this.sourceToken];
				const map = {
					type: "block-map",
					offset: scalar.offset,
					indent: scalar.indent,
					items: [{
						start,
						key: scalar,
						sep
					}]
				};
				this.onKeyLine = true;
				this.stack[this.stack.length - 1] = map;
			} else yield* this.lineEnd(scalar);
		}
		*blockScalar(scalar) {
			switch (this.type) {
				case "space":
				case "comment":
				case "newline":
					scalar.props.push(this.sourceToken);
					return;
				case "scalar":
					scalar.source = this.source;
					this.atNewLine = true;
					this.indent = 0;
					if (this.onNewLine) {
						let nl = this.source.indexOf("\n") + 1;
						while (nl !== 0) {
							this.onNewLine(this.offset + nl);
							nl = this.source.indexOf("\n", nl) + 1;
						}
					}
					yield* this.pop();
					break;
				/* istanbul ignore next should not happen */
				default:
					yield* this.pop();
					yield* this.step();
			}
		}
		*blockMap(map) {
			const it = map.items[map.items.length - 1];
			switch (this.type) {
				case "newline":
					this.onKeyLine = false;
					if (it.value) {
						const end = "end" in it.value ? it.value.end : void 0;
						if ((Array.isArray(end) ? end[end.length - 1] : void 0)?.type === "comment") end?.push(this.sourceToken);
						else map.items.push({ start: [this.sourceToken] });
					} else if (it.sep) it.sep.push(this.sourceToken);
					else it.start.push(this.sourceToken);
					return;
				case "space":
				case "comment":
					if (it.value) map.items.push({ start: [this.sourceToken] });
					else if (it.sep) it.sep.push(this.sourceToken);
					else {
						if (this.atIndentedComment(it.start, map.indent)) {
							const end = map.items[map.items.length - 2]?.value?.end;
							if (Array.isArray(end)) {
								arrayPushArray(end, it.start);
								end.push(this.sourceToken);
								map.items.pop();
								return;
							}
						}
						it.start.push(this.sourceToken);
					}
					return;
			}
			if (this.indent >= map.indent) {
				const atMapIndent = !this.onKeyLine && this.indent === map.indent;
				const atNextItem = atMapIndent && (it.sep || it.explicitKey) && this.type !== "seq-item-ind";
				let start = [];
				if (atNextItem && it.sep && !it.value) {
					const nl = [];
					for (let i = 0; i < it.sep.length; ++i) {
						const st = it.sep[i];
						switch (st.type) {
							case "newline":
								nl.push(i);
								break;
							case "space": break;
							case "comment":
								if (st.indent > map.indent) nl.length = 0;
								break;
							default: nl.length = 0;
						}
					}
					if (nl.length >= 2) start = it.sep.splice(nl[1]);
				}
				switch (this.type) {
					case "anchor":
					case "tag":
						if (atNextItem || it.value) {
							start.push(this.sourceToken);
							map.items.push({ start });
							this.onKeyLine = true;
						} else if (it.sep) it.sep.push(this.sourceToken);
						else it.start.push(this.sourceToken);
						return;
					case "explicit-key-ind":
						if (!it.sep && !it.explicitKey) {
							it.start.push(this.sourceToken);
							it.explicitKey = true;
						} else if (atNextItem || it.value) {
							start.push(this.sourceToken);
							map.items.push({
								start,
								explicitKey: true
							});
						} else this.stack.push({
							type: "block-map",
							offset: this.offset,
							indent: this.indent,
							items: [{
								start: [this.sourceToken],
								explicitKey: true
							}]
						});
						this.onKeyLine = true;
						return;
					case "map-value-ind":
						if (it.explicitKey) {
							if (!it.sep) {
								if (includesToken(it.start, "newline")) Object.assign(it, {
									key: null,
									sep: [this.sourceToken]
								});
								else {
									const start = getFirstKeyStartProps(it.start);
									this.stack.push({
										type: "block-map",
										offset: this.offset,
										indent: this.indent,
										items: [{
											start,
											key: null,
											sep: [this.sourceToken]
										}]
									});
								}
							} else if (it.value) map.items.push({
								start: [],
								key: null,
								sep: [this.sourceToken]
							});
							else if (includesToken(it.sep, "map-value-ind")) this.stack.push({
								type: "block-map",
								offset: this.offset,
								indent: this.indent,
								items: [{
									start,
									key: null,
									sep: [this.sourceToken]
								}]
							});
							else if (isFlowToken(it.key) && !includesToken(it.sep, "newline")) {
								const start = getFirstKeyStartProps(it.start);
								const key = it.key;
								const sep = it.sep;
								sep.push(this.sourceToken);
								delete it.key;
								delete it.sep;
								this.stack.push({
									type: "block-map",
									offset: this.offset,
									indent: this.indent,
									items: [{
										start,
										key,
										sep
									}]
								});
							} else if (start.length > 0) it.sep = it.sep.concat(start, this.sourceToken);
							else it.sep.push(this.sourceToken);
						} else if (!it.sep) Object.assign(it, {
							key: null,
							sep: [this.sourceToken]
						});
						else if (it.value || atNextItem) map.items.push({
							start,
							key: null,
							sep: [this.sourceToken]
						});
						else if (includesToken(it.sep, "map-value-ind")) this.stack.push({
							type: "block-map",
							offset: this.offset,
							indent: this.indent,
							items: [{
								start: [],
								key: null,
								sep: [this.sourceToken]
							}]
						});
						else it.sep.push(this.sourceToken);
						this.onKeyLine = true;
						return;
					case "alias":
					case "scalar":
					case "single-quoted-scalar":
					case "double-quoted-scalar": {
						const fs = this.flowScalar(this.type);
						if (atNextItem || it.value) {
							map.items.push({
								start,
								key: fs,
								sep: []
							});
							this.onKeyLine = true;
						} else if (it.sep) this.stack.push(fs);
						else {
							Object.assign(it, {
								key: fs,
								sep: []
							});
							this.onKeyLine = true;
						}
						return;
					}
					default: {
						const bv = this.startBlockValue(map);
						if (bv) {
							if (bv.type === "block-seq") {
								if (!it.explicitKey && it.sep && !includesToken(it.sep, "newline")) {
									yield* this.pop({
										type: "error",
										offset: this.offset,
										message: "Unexpected block-seq-ind on same line with key",
										source: this.source
									});
									return;
								}
							} else if (atMapIndent) map.items.push({ start });
							this.stack.push(bv);
							return;
						}
					}
				}
			}
			yield* this.pop();
			yield* this.step();
		}
		*blockSequence(seq) {
			const it = seq.items[seq.items.length - 1];
			switch (this.type) {
				case "newline":
					if (it.value) {
						const end = "end" in it.value ? it.value.end : void 0;
						if ((Array.isArray(end) ? end[end.length - 1] : void 0)?.type === "comment") end?.push(this.sourceToken);
						else seq.items.push({ start: [this.sourceToken] });
					} else it.start.push(this.sourceToken);
					return;
				case "space":
				case "comment":
					if (it.value) seq.items.push({ start: [this.sourceToken] });
					else {
						if (this.atIndentedComment(it.start, seq.indent)) {
							const end = seq.items[seq.items.length - 2]?.value?.end;
							if (Array.isArray(end)) {
								arrayPushArray(end, it.start);
								end.push(this.sourceToken);
								seq.items.pop();
								return;
							}
						}
						it.start.push(this.sourceToken);
					}
					return;
				case "anchor":
				case "tag":
					if (it.value || this.indent <= seq.indent) break;
					it.start.push(this.sourceToken);
					return;
				case "seq-item-ind":
					if (this.indent !== seq.indent) break;
					if (it.value || includesToken(it.start, "seq-item-ind")) seq.items.push({ start: [this.sourceToken] });
					else it.start.push(this.sourceToken);
					return;
			}
			if (this.indent > seq.indent) {
				const bv = this.startBlockValue(seq);
				if (bv) {
					this.stack.push(bv);
					return;
				}
			}
			yield* this.pop();
			yield* this.step();
		}
		*flowCollection(fc) {
			const it = fc.items[fc.items.length - 1];
			if (this.type === "flow-error-end") {
				let top;
				do {
					yield* this.pop();
					top = this.peek(1);
				} while (top?.type === "flow-collection");
			} else if (fc.end.length === 0) {
				switch (this.type) {
					case "comma":
					case "explicit-key-ind":
						if (!it || it.sep) fc.items.push({ start: [this.sourceToken] });
						else it.start.push(this.sourceToken);
						return;
					case "map-value-ind":
						if (!it || it.value) fc.items.push({
							start: [],
							key: null,
							sep: [this.sourceToken]
						});
						else if (it.sep) it.sep.push(this.sourceToken);
						else Object.assign(it, {
							key: null,
							sep: [this.sourceToken]
						});
						return;
					case "space":
					case "comment":
					case "newline":
					case "anchor":
					case "tag":
						if (!it || it.value) fc.items.push({ start: [this.sourceToken] });
						else if (it.sep) it.sep.push(this.sourceToken);
						else it.start.push(this.sourceToken);
						return;
					case "alias":
					case "scalar":
					case "single-quoted-scalar":
					case "double-quoted-scalar": {
						const fs = this.flowScalar(this.type);
						if (!it || it.value) fc.items.push({
							start: [],
							key: fs,
							sep: []
						});
						else if (it.sep) this.stack.push(fs);
						else Object.assign(it, {
							key: fs,
							sep: []
						});
						return;
					}
					case "flow-map-end":
					case "flow-seq-end":
						fc.end.push(this.sourceToken);
						return;
				}
				const bv = this.startBlockValue(fc);
				/* istanbul ignore else should not happen */
				if (bv) this.stack.push(bv);
				else {
					yield* this.pop();
					yield* this.step();
				}
			} else {
				const parent = this.peek(2);
				if (parent.type === "block-map" && (this.type === "map-value-ind" && parent.indent === fc.indent || this.type === "newline" && !parent.items[parent.items.length - 1].sep)) {
					yield* this.pop();
					yield* this.step();
				} else if (this.type === "map-value-ind" && parent.type !== "flow-collection") {
					const start = getFirstKeyStartProps(getPrevProps(parent));
					fixFlowSeqItems(fc);
					const sep = fc.end.splice(1, fc.end.length);
					sep.push(this.sourceToken);
					const map = {
						type: "block-map",
						offset: fc.offset,
						indent: fc.indent,
						items: [{
							start,
							key: fc,
							sep
						}]
					};
					this.onKeyLine = true;
					this.stack[this.stack.length - 1] = map;
				} else yield* this.lineEnd(fc);
			}
		}
		flowScalar(type) {
			if (this.onNewLine) {
				let nl = this.source.indexOf("\n") + 1;
				while (nl !== 0) {
					this.onNewLine(this.offset + nl);
					nl = this.source.indexOf("\n", nl) + 1;
				}
			}
			return {
				type,
				offset: this.offset,
				indent: this.indent,
				source: this.source
			};
		}
		startBlockValue(parent) {
			switch (this.type) {
				case "alias":
				case "scalar":
				case "single-quoted-scalar":
				case "double-quoted-scalar": return this.flowScalar(this.type);
				case "block-scalar-header": return {
					type: "block-scalar",
					offset: this.offset,
					indent: this.indent,
					props: [this.sourceToken],
					source: ""
				};
				case "flow-map-start":
				case "flow-seq-start": return {
					type: "flow-collection",
					offset: this.offset,
					indent: this.indent,
					start: this.sourceToken,
					items: [],
					end: []
				};
				case "seq-item-ind": return {
					type: "block-seq",
					offset: this.offset,
					indent: this.indent,
					items: [{ start: [this.sourceToken] }]
				};
				case "explicit-key-ind": {
					this.onKeyLine = true;
					const start = getFirstKeyStartProps(getPrevProps(parent));
					start.push(this.sourceToken);
					return {
						type: "block-map",
						offset: this.offset,
						indent: this.indent,
						items: [{
							start,
							explicitKey: true
						}]
					};
				}
				case "map-value-ind": {
					this.onKeyLine = true;
					const start = getFirstKeyStartProps(getPrevProps(parent));
					return {
						type: "block-map",
						offset: this.offset,
						indent: this.indent,
						items: [{
							start,
							key: null,
							sep: [this.sourceToken]
						}]
					};
				}
			}
			return null;
		}
		atIndentedComment(start, indent) {
			if (this.type !== "comment") return false;
			if (this.indent <= indent) return false;
			return start.every((st) => st.type === "newline" || st.type === "space");
		}
		*documentEnd(docEnd) {
			if (this.type !== "doc-mode") {
				if (docEnd.end) docEnd.end.push(this.sourceToken);
				else docEnd.end = [this.sourceToken];
				if (this.type === "newline") yield* this.pop();
			}
		}
		*lineEnd(token) {
			switch (this.type) {
				case "comma":
				case "doc-start":
				case "doc-end":
				case "flow-seq-end":
				case "flow-map-end":
				case "map-value-ind":
					yield* this.pop();
					yield* this.step();
					break;
				case "newline": this.onKeyLine = false;
				default:
					if (token.end) token.end.push(this.sourceToken);
					else token.end = [this.sourceToken];
					if (this.type === "newline") yield* this.pop();
			}
		}
	};
	exports.Parser = Parser;
}));
// node_modules/yaml/dist/public-api.js
var require_public_api = /* @__PURE__ */ __commonJSMin(((exports) => {
	var composer = require_composer();
	var Document = require_Document();
	var errors = require_errors();
	var log = require_log();
	var identity = require_identity();
	var lineCounter = require_line_counter();
	var parser = require_parser();
	function parseOptions(options) {
		const prettyErrors = options.prettyErrors !== false;
		return {
			lineCounter: options.lineCounter || prettyErrors && new lineCounter.LineCounter() || null,
			prettyErrors
		};
	}
	/**
	* Parse the input as a stream of YAML documents.
	*
	* Documents should be separated from each other by `...` or `---` marker lines.
	*
	* @returns If an empty `docs` array is returned, it will be of type
	*   EmptyStream and contain additional stream information. In
	*   TypeScript, you should use `'empty' in docs` as a type guard for it.
	*/
	function parseAllDocuments(source, options = {}) {
		const { lineCounter, prettyErrors } = parseOptions(options);
		const parser$1 = new parser.Parser(lineCounter?.addNewLine);
		const composer$1 = new composer.Composer(options);
		const docs = Array.from(composer$1.compose(parser$1.parse(source)));
		if (prettyErrors && lineCounter) for (const doc of docs) {
			doc.errors.forEach(errors.prettifyError(source, lineCounter));
			doc.warnings.forEach(errors.prettifyError(source, lineCounter));
		}
		if (docs.length > 0) return docs;
		return Object.assign([], { empty: true }, composer$1.streamInfo());
	}
	/** Parse an input string into a single YAML.Document */
	function parseDocument(source, options = {}) {
		const { lineCounter, prettyErrors } = parseOptions(options);
		const parser$1 = new parser.Parser(lineCounter?.addNewLine);
		const composer$1 = new composer.Composer(options);
		let doc = null;
		for (const _doc of composer$1.compose(parser$1.parse(source), true, source.length)) if (!doc) doc = _doc;
		else if (doc.options.logLevel !== "silent") {
			doc.errors.push(new errors.YAMLParseError(_doc.range.slice(0, 2), "MULTIPLE_DOCS", "Source contains multiple documents; please use YAML.parseAllDocuments()"));
			break;
		}
		if (prettyErrors && lineCounter) {
			doc.errors.forEach(errors.prettifyError(source, lineCounter));
			doc.warnings.forEach(errors.prettifyError(source, lineCounter));
		}
		return doc;
	}
	function parse(src, reviver, options) {
		let _reviver = void 0;
		if (typeof reviver === "function") _reviver = reviver;
		else if (options === void 0 && reviver && typeof reviver === "object") options = reviver;
		const doc = parseDocument(src, options);
		if (!doc) return null;
		doc.warnings.forEach((warning) => log.warn(doc.options.logLevel, warning));
		if (doc.errors.length > 0) {
			if (doc.options.logLevel !== "silent") throw doc.errors[0];
			else doc.errors = [];
		}
		return doc.toJS(Object.assign({ reviver: _reviver }, options));
	}
	function stringify(value, replacer, options) {
		let _replacer = null;
		if (typeof replacer === "function" || Array.isArray(replacer)) _replacer = replacer;
		else if (options === void 0 && replacer) options = replacer;
		if (typeof options === "string") options = options.length;
		if (typeof options === "number") {
			const indent = Math.round(options);
			options = indent < 1 ? void 0 : indent > 8 ? { indent: 8 } : { indent };
		}
		if (value === void 0) {
			const { keepUndefined } = options ?? replacer ?? {};
			if (!keepUndefined) return void 0;
		}
		if (identity.isDocument(value) && !_replacer) return value.toString(options);
		return new Document.Document(value, _replacer, options).toString(options);
	}
	exports.parse = parse;
	exports.parseAllDocuments = parseAllDocuments;
	exports.parseDocument = parseDocument;
	exports.stringify = stringify;
}));
// src/oci/container/port.ts
var import_dist = (/* @__PURE__ */ __commonJSMin(((exports) => {
	var composer = require_composer();
	var Document = require_Document();
	var Schema = require_Schema();
	var errors = require_errors();
	var Alias = require_Alias();
	var identity = require_identity();
	var Pair = require_Pair();
	var Scalar = require_Scalar();
	var YAMLMap = require_YAMLMap();
	var YAMLSeq = require_YAMLSeq();
	require_cst();
	var lexer = require_lexer();
	var lineCounter = require_line_counter();
	var parser = require_parser();
	var publicApi = require_public_api();
	var visit = require_visit();
	exports.Composer = composer.Composer;
	exports.Document = Document.Document;
	exports.Schema = Schema.Schema;
	exports.YAMLError = errors.YAMLError;
	exports.YAMLParseError = errors.YAMLParseError;
	exports.YAMLWarning = errors.YAMLWarning;
	exports.Alias = Alias.Alias;
	exports.isAlias = identity.isAlias;
	exports.isCollection = identity.isCollection;
	exports.isDocument = identity.isDocument;
	exports.isMap = identity.isMap;
	exports.isNode = identity.isNode;
	exports.isPair = identity.isPair;
	exports.isScalar = identity.isScalar;
	exports.isSeq = identity.isSeq;
	exports.Pair = Pair.Pair;
	exports.Scalar = Scalar.Scalar;
	exports.YAMLMap = YAMLMap.YAMLMap;
	exports.YAMLSeq = YAMLSeq.YAMLSeq;
	exports.Lexer = lexer.Lexer;
	exports.LineCounter = lineCounter.LineCounter;
	exports.Parser = parser.Parser;
	exports.parse = publicApi.parse;
	exports.parseAllDocuments = publicApi.parseAllDocuments;
	exports.parseDocument = publicApi.parseDocument;
	exports.stringify = publicApi.stringify;
	exports.visit = visit.visit;
	exports.visitAsync = visit.visitAsync;
})))();
const PORT$1 = /^([0-9]{1,5})(?:\/(tcp|udp|sctp))?$/;
/** Why a text names no port, as a part of a sentence; undefined when it does. */
function portProblem(text) {
	const number = Number(PORT$1.exec(text)?.[1] ?? NaN);
	if (number >= 1 && number <= 65535) return void 0;
	return `${JSON.stringify(text)} is not a port: write 1 to 65535, with /tcp or /udp after it where it matters`;
}
/** The port with its protocol, as docker writes its key of ExposedPorts; image-spec config.md: tcp where none is written. */
function portKey(text) {
	const [, number = text, protocol = "tcp"] = PORT$1.exec(text) ?? [];
	return `${Number(number) || number}/${protocol}`;
}
// src/oci/container/containerconfig.ts
/** Those of Linux by name (signal(7)), which engines know. */
const SIGNALS = new Set(`HUP INT QUIT ILL TRAP ABRT IOT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CLD CONT STOP TSTP TTIN TTOU URG
  XCPU XFSZ VTALRM PROF WINCH IO POLL PWR SYS RTMIN RTMAX`.split(/\s+/));
/** KIWI's words, in `<containerconfig>`, for keys of the input that docker and podman call otherwise. */
const KIWI_WORDS = /* @__PURE__ */ new Map([
	["author", "maintainer"],
	["workdir", "workingdir"],
	["cmd", "subcommand"],
	["env", "environment"]
]);
/** Why changes cannot be made; for changes of any source. */
function configProblems(changes) {
	const { env, labels, user, workdir, expose, volumes, stopsignal } = changes;
	const of = (key, text) => text === void 0 ? [] : [{
		key,
		text
	}];
	return [
		...Object.entries(env ?? {}).flatMap(([name, value]) => of("env", envProblem(name, value))),
		...of("labels", "" in (labels ?? {}) ? "a name is empty" : void 0),
		...of("user", user ? userProblem(user) : void 0),
		...of("workdir", workdir ? pathProblem(workdir) : void 0),
		...(expose ?? []).flatMap((port) => of("expose", portProblem(port))),
		...(volumes ?? []).flatMap((path) => of("volumes", volumeProblem(path))),
		...of("stopsignal", stopsignal ? signalProblem(stopsignal) : void 0)
	];
}
/**
* The description's changes under those of the input, which wins key by key: among env, labels and history name by name,
* the others as a whole.
*
* An entrypoint of the input also clears the base's cmd, which was made for the other one, unless there is a cmd: as docker
* and podman do. One of the description leaves the base's cmd, as KIWI does (kiwi/oci_tools/umoci.py).
*/
function mergedChanges(description, input) {
	const env = mergedNames(description.env, input.env);
	const labels = mergedNames(description.labels, input.labels);
	const history = mergedNames(description.history, input.history);
	const cmd = input.entrypoint !== void 0 && description.cmd === void 0 ? { cmd: null } : {};
	return {
		...description,
		...cmd,
		...input,
		...env === void 0 ? {} : { env },
		...labels === void 0 ? {} : { labels },
		...history === void 0 ? {} : { history }
	};
}
function mergedNames(below, above) {
	if (!below || !above) return above === void 0 ? below : above;
	return {
		...below,
		...above
	};
}
function userProblem(user) {
	return /[\s\0]|:.*:/.test(user) ? `${JSON.stringify(user)} is not a user: write USER, UID or USER:GROUP` : void 0;
}
function envProblem(name, value) {
	if (name === "" || /[=\0]/.test(name)) return `${JSON.stringify(name)} cannot be the name of a variable`;
	return value?.includes("\0") ? `the value of ${name} holds a NUL character` : void 0;
}
function volumeProblem(path) {
	return /^\/+$/.test(path) ? "the root of the image is no volume: name a folder in it" : pathProblem(path);
}
function pathProblem(path) {
	return path.startsWith("/") && !path.includes("\0") ? void 0 : `${JSON.stringify(path)} is not an absolute path: start it with /`;
}
/** image-spec config.md, StopSignal: a name such as SIGKILL or SIGRTMIN+3, or a number. */
function signalProblem(text) {
	const [, name] = /^SIG(RTMIN\+[0-9]{1,2}|RTMAX-[0-9]{1,2}|[A-Z0-9]+)$/.exec(text) ?? [];
	if (name !== void 0 && (/^RT(MIN|MAX)/.test(name) || SIGNALS.has(name))) return void 0;
	if (/^[0-9]{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 64) return void 0;
	return `${JSON.stringify(text)} is not a signal: write SIGTERM, SIGRTMIN+3 or a number`;
}
// src/oci/container/containername.ts
/** KIWI's, where a description gives none (kiwi/defaults.py `get_default_container_name`, `get_default_container_tag`). */
const DEFAULT_CONTAINER = {
	repository: "kiwi-container",
	tag: "latest"
};
/**
* All names that a container has, the main one first, each once: what an additional name leaves out comes from the main
* one (kiwi/container/oci.py `create`).
*
* @returns none where there is no name to begin with
*/
function containerNames({ name, tag, additionalNames }) {
	if (!name) return [];
	const main = {
		repository: name,
		tag: tag || DEFAULT_CONTAINER.tag
	};
	const names = [main, ...(additionalNames ?? []).map((text) => text.trim()).filter((text) => text !== "").map((text) => completed(text, main))];
	return [...new Map(names.map((each) => [containerNameText(each), each])).values()];
}
/** `REPOSITORY:TAG` */
function containerNameText({ repository, tag }) {
	return `${repository}:${tag}`;
}
/**
* Why names cannot be those of a container image anywhere. Upper case is left to where a name goes: a layout takes it,
* and so does KIWI with `oci:FMT`; docker and registries do not.
*/
function namingProblems({ name, tag, additionalNames }) {
	const of = (key, text) => text === void 0 ? [] : [{
		key,
		text
	}];
	return [
		...of("name", name == null ? void 0 : repositoryProblem(name)),
		...of("tag", tag == null ? void 0 : tagProblem(tag)),
		...(additionalNames ?? []).flatMap((text) => of("additionalnames", additionalProblem(text.trim())))
	];
}
/** Why docker and registries do not know such a name, as a sentence. */
function referenceProblem(name) {
	const text = containerNameText(name);
	const parsed = parseReference(text);
	return typeof parsed === "string" ? `'${text}' is no name that docker knows: ${parsed}` : void 0;
}
function additionalProblem(text) {
	const { repository, tag } = completed(text, {
		repository: "",
		tag: ""
	});
	if (repository === "" && tag === "") return `${JSON.stringify(text)} names nothing: write REPOSITORY:TAG, REPOSITORY or :TAG`;
	return (repository === "" ? void 0 : repositoryProblem(repository)) ?? (tag === "" ? void 0 : tagProblem(tag));
}
function repositoryProblem(repository) {
	if (/@|:[^/]*$/.test(repository)) return `${JSON.stringify(repository)} is more than a name: write the tag as tag`;
	const parsed = parseReference(repository.toLowerCase());
	return typeof parsed === "string" ? `${JSON.stringify(repository)} is no name of a container: ${parsed}` : void 0;
}
function tagProblem(tag) {
	return isRefName(tag) && !/[:@/]/.test(tag) ? void 0 : `${JSON.stringify(tag)} is not a tag: use A-Z, a-z, 0-9 and . _ - between them`;
}
function completed(text, main) {
	const colon = text.lastIndexOf(":");
	const at = colon < text.lastIndexOf("/") ? -1 : colon;
	const repository = at === -1 ? text : text.slice(0, at);
	const tag = at === -1 ? "" : text.slice(at + 1);
	return {
		repository: repository || main.repository,
		tag: tag || main.tag
	};
}
// src/spelling.ts
/**
* The known words nearest to a wrong one, for a message: those that it begins, then those a slip or two away; whatever
* the case.
*/
function similarWords(wrong, known) {
	const lower = wrong.toLowerCase();
	const begun = lower.length < 3 ? [] : known.filter((word) => word.startsWith(lower));
	const slips = lower.length < 5 ? 1 : 2;
	const near = known.filter((word) => editDistance(lower, word) <= slips);
	return [.../* @__PURE__ */ new Set([...begun, ...near])];
}
/** The known word with the fewest slips from a wrong one, where any is near. */
function nearestWord(wrong, known) {
	const lower = wrong.toLowerCase();
	return similarWords(wrong, known).map((word) => ({
		word,
		distance: editDistance(lower, word)
	})).sort((one, other) => one.distance - other.distance)[0]?.word;
}
/** How many letters have to be added, removed or changed (Levenshtein). */
function editDistance(a, b) {
	let row = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (const [i, letter] of [...a].entries()) {
		const next = [i + 1];
		for (const [j, other] of [...b].entries()) {
			const change = (row[j] ?? 0) + (letter === other ? 0 : 1);
			next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
		}
		row = next;
	}
	return row.at(-1) ?? 0;
}
// src/inputs/containerconfig.ts
/** What a container is called, in KIWI's words. */
const NAMING = /* @__PURE__ */ new Map([
	["name", scalar],
	["tag", scalar],
	["additionalnames", namesList]
]);
const CHANGES = {
	author: scalar,
	user: scalar,
	workdir: scalar,
	entrypoint: (value) => texts(value, "[\"sh\", \"-c\"]"),
	cmd: (value) => texts(value, "[\"sleep\", \"10\"]"),
	expose: ports,
	volumes: (value) => texts(value, "[\"/data\"]"),
	stopsignal: scalar,
	env: mapping,
	labels: mapping,
	history
};
const READERS = new Map([...NAMING, ...Object.entries(CHANGES)]);
const KEYS = [...READERS.keys()];
const KEY_OF_KIWI_WORD = new Map([...KIWI_WORDS].map(([key, word]) => [word, key]));
/** @param text YAML; an empty one changes nothing */
function readContainerconfig(text) {
	try {
		const document = (0, import_dist.parseDocument)(text, {
			schema: "failsafe",
			customTags: ["null"]
		});
		const [error] = [...document.errors, ...document.warnings];
		if (error !== void 0) throw error;
		(0, import_dist.visit)(document, { Pair: (_, { key }) => {
			if (!(0, import_dist.isScalar)(key)) throw new Error("a key is no text: write NAME: VALUE");
		} });
		return parseContainerconfig(document.toJS());
	} catch (error) {
		const [reason = ""] = String(error instanceof Error ? error.message : error).split("\n");
		return {
			changes: {},
			naming: {},
			problems: [`no valid YAML: ${reason}`]
		};
	}
}
/** @param value of the parsed YAML; nothing at all changes nothing */
function parseContainerconfig(value) {
	if (value === void 0 || value === null) return {
		changes: {},
		naming: {},
		problems: []
	};
	if (!isJsonObject(value)) return {
		changes: {},
		naming: {},
		problems: [`write a mapping with the keys ${KEYS.join(", ")}`]
	};
	const taken = [];
	const problems = [];
	for (const [word, member] of Object.entries(value)) {
		const key = keyOf(word);
		const reading = key === void 0 ? { problem: unknownKey(word) } : readMember({
			word,
			key,
			member
		}, value);
		if ("problem" in reading) problems.push(reading.problem);
		else taken.push([key ?? word, reading.value]);
	}
	const changes = Object.fromEntries(taken.filter(([key]) => !NAMING.has(key)));
	const naming = namingOf(Object.fromEntries(taken.filter(([key]) => NAMING.has(key))));
	const wordOf = (key) => Object.keys(value).find((word) => keyOf(word) === key) ?? key;
	const found = [...namingProblems(naming), ...configProblems(changes)];
	return {
		changes,
		naming,
		problems: [...problems, ...found.map(({ key, text }) => `${wordOf(key)}: ${text}`)]
	};
}
function readMember(given, all) {
	const { word, key, member } = given;
	if (key !== word && Object.hasOwn(all, key)) return { problem: `${word}: is KIWI's word for ${key}, which is given too: write one of the two` };
	if (member === null) return { value: null };
	const reading = READERS.get(key)?.(member) ?? { problem: unknownKey(word) };
	return "problem" in reading ? { problem: `${word}: ${reading.problem}` } : reading;
}
function namingOf({ additionalnames, ...others }) {
	return {
		...others,
		...additionalnames === void 0 ? {} : { additionalNames: additionalnames }
	};
}
/** @returns our name of it, undefined where there is no such key */
function keyOf(word) {
	return READERS.has(word) ? word : KEY_OF_KIWI_WORD.get(word);
}
function unknownKey(word) {
	const [similar] = similarWords(word, [...KEYS, ...KEY_OF_KIWI_WORD.keys()]);
	return `unknown key ${JSON.stringify(word)}: ${similar === void 0 ? "" : `did you mean ${similar}? `}known are ${KEYS.join(", ")}`;
}
function texts(value, example) {
	if (!Array.isArray(value)) return { problem: `write a list: ${example}` };
	const other = value.find((item) => typeof item !== "string");
	if (other === void 0) return { value };
	return { problem: `a list of texts is needed: ${isScalar$1(other) ? `write "${other}" in quotes` : `such as ${example}`}` };
}
/** A list, or one text with commas, as KIWI's attribute is written. */
function namesList(value) {
	return texts(typeof value === "string" ? value.split(",").map((name) => name.trim()) : value, "[\"acme/other:1.0\", \":stable\"]");
}
function scalar(value) {
	return isScalar$1(value) ? { value: `${value}` } : { problem: "write one text" };
}
function mapping(value) {
	if (!isJsonObject(value)) return { problem: "write a mapping: NAME: VALUE" };
	const wrong = Object.entries(value).find(([, member]) => member !== null && !isScalar$1(member));
	if (wrong !== void 0) return { problem: `the value of ${JSON.stringify(wrong[0])} is no text` };
	return { value: mappedTexts(value) };
}
function history(value) {
	const known = [
		"created_by",
		"author",
		"comment"
	];
	if (!isJsonObject(value)) return { problem: `write a mapping with ${known.join(", ")}` };
	const read = mapping(value);
	if ("problem" in read) return read;
	const unknown = Object.keys(read.value).find((name) => !known.includes(name));
	if (unknown !== void 0) return { problem: `unknown key ${JSON.stringify(unknown)}: known are ${known.join(", ")}` };
	const { created_by: createdBy, ...others } = read.value;
	return { value: {
		...others,
		...createdBy === void 0 ? {} : { createdBy }
	} };
}
function mappedTexts(value) {
	return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, member === null ? null : `${member}`]));
}
/** As docker writes them, with the protocol. */
function ports(value) {
	const isNumber = (port) => typeof port === "number" || typeof port === "bigint";
	const read = texts(Array.isArray(value) ? value.map((port) => isNumber(port) ? `${port}` : port) : value, "[80, 53/udp]");
	if ("problem" in read) return read;
	return { value: read.value.map((port) => portProblem(port) === void 0 ? portKey(port) : port) };
}
function isScalar$1(value) {
	return [
		"string",
		"number",
		"bigint",
		"boolean"
	].includes(typeof value);
}
// src/oci/kind.ts
/**
* Who an image can be made for: any container runtime; KubeVirt and CDI (a containerDisk); `podman machine init` since
* podman 5; what takes a disk as a file (oras, podman artifact, composefs, KubeVirt's image volumes); podman 4.9.
*/
const KINDS$1 = [
	"container",
	"kubevirt",
	"podman-machine",
	"artifact",
	"podman-machine-4"
];
/**
* What runs podman's machine: QEMU on Linux, Apple's frameworks on macOS, Hyper-V on Windows. podman's own words, in the
* annotation `disktype`; pkg/machine/define/vmtype.go.
*/
const DISK_TYPES = [
	"qemu",
	"applehv",
	"hyperv"
];
/** podman looks for the kernel's names in the index, not for Go's: pkg/machine/ocipull/ociartifact.go. */
const MACHINE_ARCHITECTURES = /* @__PURE__ */ new Map([["amd64", "x86_64"], ["arm64", "aarch64"]]);
/** Whether what is made for it is an artifact, and no image with the config of a container. */
function isArtifactKind(kind) {
	return kind === "artifact" || kind === "podman-machine";
}
/** What podman machine calls the architecture; undefined where it runs none. */
function machineArchitecture({ os, architecture }) {
	return os === "linux" ? MACHINE_ARCHITECTURES.get(architecture) : void 0;
}
// src/inputs/kinds.ts
/** Names of objects of Kubernetes: apimachinery pkg/util/validation, IsDNS1123Subdomain. */
const OBJECT_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
/** CDI makes labels of them; IsValidLabelValue in the same place. */
const LABEL_LIMIT = 63;
/** What is not known stands in the reader's problems, and a default here. */
function kindInputs(reader) {
	const kinds = chosen(reader, "kind", KINDS$1, "kind");
	return {
		kinds: kinds.length === 0 ? ["container"] : kinds,
		diskTypes: chosen(reader, "disktype", DISK_TYPES, "disk of podman machine"),
		...objectName(reader, "instancetype"),
		...objectName(reader, "preference")
	};
}
function chosen(reader, name, known, what) {
	const given = new Set(reader.list(name));
	for (const text of given) {
		if (known.some((word) => word === text)) continue;
		const nearest = nearestWord(text, known);
		const guess = nearest === void 0 ? "" : `did you mean ${nearest}? `;
		reader.refuse(name, `'${text}' is no ${what}: ${guess}write ${known.slice(0, -1).join(", ")} or ${known.at(-1)}`);
	}
	return known.filter((word) => given.has(word));
}
function objectName(reader, name) {
	const text = reader.text(name);
	if (text === void 0) return {};
	if (text.length > LABEL_LIMIT || !OBJECT_NAME.test(text)) reader.refuse(name, `'${text}' is no name in Kubernetes: write at most 63 small letters, digits, - and ., like u1.small`);
	return { [name]: text };
}
// src/inputs/raw.ts
/**
* Inputs as they were written: from a workflow one text for each, from a command line one for each time a flag stands
* there. Names and kinds are the contract that `action.yml` and `--help` show.
*/
const DEFINITIONS = {
	description: {
		kind: "text",
		value: "PATH",
		help: "folder or file of a KIWI description"
	},
	disk: {
		kind: "text",
		value: "FILE",
		help: "an existing disk file: wrap it, build nothing"
	},
	profiles: {
		kind: "list",
		value: "NAME",
		help: "KIWI's profiles"
	},
	type: {
		kind: "text",
		value: "NAME",
		help: "KIWI's build type, where the description has several"
	},
	"kiwi-global-arguments": {
		kind: "list",
		value: "ARG",
		help: "arguments for kiwi-ng before system build"
	},
	"kiwi-arguments": {
		kind: "list",
		value: "ARG",
		help: "arguments for kiwi-ng after system build"
	},
	repositories: {
		kind: "list",
		value: "'URI [DIST [COMPONENT…]]'",
		help: "what obsrepositories:/ stands for; default: those of this machine"
	},
	kind: {
		kind: "list",
		value: "container|kubevirt|podman-machine|artifact|podman-machine-4",
		help: "who the disk is for; default: container"
	},
	disktype: {
		kind: "list",
		value: "qemu|applehv|hyperv",
		help: "machines of podman-machine; default: qemu"
	},
	instancetype: {
		kind: "text",
		value: "NAME",
		help: "of kubevirt: the instance type, like u1.small"
	},
	preference: {
		kind: "text",
		value: "NAME",
		help: "of kubevirt: the preference, like fedora"
	},
	format: {
		kind: "text",
		value: "qcow2|raw|vmdk|vdi|vhd|vhdx|vhd-fixed|gce|ova",
		help: "disk format in the image; default: the description's, else the kind's"
	},
	"disk-path": {
		kind: "text",
		value: "PATH",
		help: "path of the disk in the image; default: /disk/NAME"
	},
	"base-image": {
		kind: "text",
		value: "REF",
		help: "the reference container; default: derived_from, else scratch"
	},
	containerconfig: {
		kind: "yaml",
		value: "YAML",
		help: "as text: name, tag, author, entrypoint, cmd, env, labels, user, workdir, …"
	},
	labels: {
		kind: "list",
		value: "KEY=VALUE",
		help: "labels of the image"
	},
	annotations: {
		kind: "list",
		value: "[LEVEL:]KEY=VALUE",
		help: "manifest (default), index, manifest-descriptor or index-descriptor"
	},
	platform: {
		kind: "text",
		value: "OS/ARCH",
		help: "platform of the image, which is the disk's too; default: the machine's"
	},
	compression: {
		kind: "text",
		value: "gzip|zstd|none[:LEVEL]",
		help: "of the layer; default: gzip; artifact: always none, podman-machine: always zstd"
	},
	tags: {
		kind: "list",
		value: "REF",
		help: "references to push to; default: the container's names"
	},
	push: {
		kind: "boolean",
		value: "",
		help: "push to the tags; without it the log says what would be pushed"
	},
	"push-by-digest": {
		kind: "boolean",
		value: "",
		help: "push to the repository without any tag; default: false"
	},
	repository: {
		kind: "text",
		value: "REGISTRY/NAME",
		help: "where push-by-digest pushes to"
	},
	export: {
		kind: "list",
		value: "DEST",
		help: "skopeo destination, oci:DIR[:REF], or none; default: the format's"
	},
	registry: {
		kind: "text",
		value: "HOST",
		help: "registry of the login and of names without one; default: the tags' one"
	},
	username: {
		kind: "text",
		value: "NAME",
		help: "login for this job only"
	},
	password: {
		kind: "secret",
		value: "",
		help: ""
	},
	authfile: {
		kind: "text",
		value: "FILE",
		help: "a file of logins to use instead of the existing ones"
	},
	"tls-verify": {
		kind: "boolean",
		value: "",
		help: "check certificates of registries; default: true"
	},
	cache: {
		kind: "boolean",
		value: "",
		help: "keep base layers, tools and packages; default: true"
	},
	"fast-build": {
		kind: "boolean",
		value: "",
		help: "leave out of KIWI's build what changes nothing in the disk; default: true"
	},
	"install-tools": {
		kind: "boolean",
		value: "",
		help: "install what is missing; default: false"
	},
	"kiwi-version": {
		kind: "text",
		value: "VERSION",
		help: "exact version from PyPI, or system"
	},
	"work-dir": {
		kind: "text",
		value: "DIR",
		help: "where to build; default: the system's temp"
	},
	"source-date-epoch": {
		kind: "text",
		value: "SECONDS",
		help: "created, history and tar times"
	},
	summary: {
		kind: "boolean",
		value: "",
		help: "job summary, in a workflow; default: true"
	},
	images: {
		kind: "list",
		value: "REGISTRY/NAME@DIGEST",
		help: "what was pushed by digest, one for each platform"
	}
};
const ALL_NAMES = Object.keys(DEFINITIONS);
/** What all else takes. */
const INPUT_NAMES = ALL_NAMES.filter((name) => name !== "images");
function inputDefinition(name) {
	return DEFINITIONS[name];
}
/**
* The input of this name, whatever its case (a runner upper-cases names), if there is one.
*
* @param names where to look; all where left out
*/
function inputNamed(name, names = ALL_NAMES) {
	const lower = name.toLowerCase();
	return names.find((known) => known === lower);
}
/** Lists whose values hold no commas: docker's metadata action writes tags so, and words are short. */
const SPLIT_AT_COMMAS = [
	"tags",
	"kind",
	"disktype",
	"images"
];
/** Whether a single text, also one of a command line, may hold several entries. */
function splitsAtCommas(name) {
	return SPLIT_AT_COMMAS.includes(name);
}
/**
* The entries that one text of a workflow holds: a list has one a line, some also split at commas. `images` are outputs of
* jobs, put together by expressions that know no lines.
*/
function rawEntries(name, text) {
	if (inputDefinition(name).kind !== "list") return [text];
	if (name === "images") return text.split(/[\s,]+/);
	return text.split(splitsAtCommas(name) ? /[\n,]/ : "\n");
}
/** The known names nearest to a wrong one, for a message. */
function similarNames(wrong, names = INPUT_NAMES) {
	return similarWords(wrong, names).slice(0, 2);
}
// src/inputs/reader.ts
const TRUE = [
	"true",
	"True",
	"TRUE"
];
const FALSE = [
	"false",
	"False",
	"FALSE"
];
/** Reads single inputs and collects what is wrong with them. */
var InputReader = class {
	raw;
	facts;
	problems = [];
	constructor(raw, facts) {
		this.raw = raw;
		this.facts = facts;
		for (const name of raw.keys()) if (inputNamed(name) === void 0) throw new Error(`undeclared input ${name}`);
	}
	refuse(name, text) {
		this.problems.push({
			where: `input ${name}`,
			text
		});
	}
	/** The value without surrounding blanks; an empty one counts as not given. */
	text(name) {
		const value = this.secret(name)?.trim();
		return value === "" ? void 0 : value;
	}
	/** The value as it was given: blanks may belong to a password. */
	secret(name) {
		const value = this.raw.get(name)?.at(-1);
		return value === "" ? void 0 : value;
	}
	optional(key, name) {
		const value = this.text(name);
		return value === void 0 ? {} : { [key]: value };
	}
	list(name) {
		return (this.raw.get(name) ?? []).map((line) => line.trim()).filter((line) => line !== "");
	}
	boolean(name, otherwise) {
		const text = this.text(name);
		if (text === void 0) return otherwise;
		if (!TRUE.includes(text) && !FALSE.includes(text)) this.refuse(name, `'${text}' is no boolean: write true or false`);
		return TRUE.includes(text);
	}
	/** `KEY=VALUE` lines; the value may hold `=` and may be empty. The last of a key wins, as in docker's actions. */
	pairs(name) {
		const entries = [];
		for (const line of this.list(name)) {
			const split = line.indexOf("=");
			if (split > 0) entries.push([line.slice(0, split).trim(), line.slice(split + 1)]);
			else this.refuse(name, `'${line}' is no KEY=VALUE: write the key, an equals sign and the value`);
		}
		return Object.fromEntries(entries);
	}
};
// src/inputs/inputs.ts
/** @returns the inputs and every problem found in them; where there are problems, the inputs stand in for bad values. */
function readInputs(raw, facts) {
	const reader = new InputReader(raw, facts);
	return {
		inputs: {
			...sourceInputs(reader),
			...imageInputs(reader),
			...jobInputs(reader)
		},
		problems: reader.problems
	};
}
function sourceInputs(reader) {
	const kiwiVersion = reader.text("kiwi-version") ?? "11.1.6";
	if (kiwiVersion !== "system" && !/^\d+\.\d+\.\d+$/.test(kiwiVersion)) reader.refuse("kiwi-version", `'${kiwiVersion}' is no version: write one like ${PINNED_VERSION}, or system`);
	const kiwiGlobalArguments = reader.list("kiwi-global-arguments");
	const kiwiArguments = reader.list("kiwi-arguments");
	for (const text of reservedArguments(kiwiGlobalArguments)) reader.refuse("kiwi-global-arguments", text);
	for (const text of reservedArguments(kiwiArguments)) reader.refuse("kiwi-arguments", text);
	return {
		...reader.optional("description", "description"),
		...reader.optional("disk", "disk"),
		...reader.optional("type", "type"),
		profiles: reader.list("profiles"),
		repositories: reader.list("repositories"),
		kiwiGlobalArguments,
		kiwiArguments,
		kiwiVersion
	};
}
function imageInputs(reader) {
	return {
		...kindInputs(reader),
		...optionalFormat(reader),
		...optionalDiskPath(reader),
		...reader.optional("baseImage", "base-image"),
		...containerconfig(reader),
		labels: reader.pairs("labels"),
		annotations: annotationList(reader),
		platform: platform(reader),
		compression: compression(reader)
	};
}
function jobInputs(reader) {
	return {
		tags: tagList(reader),
		push: reader.boolean("push", false),
		pushByDigest: reader.boolean("push-by-digest", false),
		...optionalRepository(reader),
		...optionalExports(reader),
		...optionalRegistry(reader),
		...optionalLogin(reader),
		...reader.optional("authfile", "authfile"),
		tlsVerify: reader.boolean("tls-verify", true),
		cache: reader.boolean("cache", true),
		fastBuild: reader.boolean("fast-build", true),
		installTools: reader.boolean("install-tools", reader.facts.installTools),
		...reader.optional("workDirectory", "work-dir"),
		...optionalEpoch(reader),
		summary: reader.boolean("summary", true)
	};
}
function optionalFormat(reader) {
	const format = reader.text("format");
	if (format === void 0) return {};
	if (isDiskFormat(format)) return { format };
	const own = /^(?:oci|docker):([^:]*)/.exec(format)?.[1];
	const known = `${DISK_FORMAT_NAMES.slice(0, -1).join(", ")} or ${DISK_FORMAT_NAMES.at(-1)}`;
	const advice = own !== void 0 && isDiskFormat(own) ? `write ${own}, and where it goes as export` : `write ${known}`;
	reader.refuse("format", `'${format}' is no disk format that we write: ${advice}`);
	return {};
}
function optionalDiskPath(reader) {
	const path = reader.text("disk-path");
	if (path === void 0) return {};
	if (!path.startsWith("/")) reader.refuse("disk-path", `'${path}' is not absolute: write /${path}`);
	else if (path.split("/").includes("..")) reader.refuse("disk-path", `'${path}' climbs out of its folder: write it without ..`);
	else {
		const problem = diskPathProblem(path);
		if (problem === void 0) return { diskPath: path };
		reader.refuse("disk-path", problem);
	}
	return {};
}
function containerconfig(reader) {
	const { changes, naming, problems } = readContainerconfig(reader.secret("containerconfig") ?? "");
	for (const problem of problems) reader.refuse("containerconfig", problem);
	return {
		containerconfig: changes,
		naming
	};
}
/** The input `annotations`, each with its levels. */
function annotationList(reader) {
	return reader.list("annotations").flatMap((text) => {
		const parsed = parseAnnotation(text);
		if (typeof parsed !== "string") return parsed;
		reader.refuse("annotations", parsed);
		return [];
	});
}
function platform(reader) {
	const text = reader.text("platform");
	if (text === void 0) return reader.facts.machine;
	const parsed = parsePlatform(text);
	if (parsed) return parsed;
	reader.refuse("platform", `'${text}' is no platform: write os/arch[/variant], like linux/amd64 or linux/arm64`);
	return reader.facts.machine;
}
function compression(reader) {
	const parsed = parseCompression(reader.text("compression") ?? "gzip");
	if (typeof parsed !== "string") return parsed;
	reader.refuse("compression", parsed);
	return { algorithm: "gzip" };
}
/** The input `tags`: full references, each once. */
function tagList(reader) {
	const texts = [];
	for (const text of reader.list("tags")) {
		const parsed = parseTag(text);
		if ("problem" in parsed) reader.refuse("tags", parsed.problem);
		else if (!texts.includes(parsed.text)) texts.push(parsed.text);
	}
	return texts;
}
function optionalRepository(reader) {
	const text = reader.text("repository");
	if (text === void 0) return {};
	const parsed = parseRepository(text);
	if (typeof parsed === "string") return { repository: parsed };
	reader.refuse("repository", parsed.problem);
	return {};
}
/** The word `none` turns the description's default off. */
function optionalExports(reader) {
	const exports = reader.list("export");
	if (exports.length === 0) return {};
	if (exports.every((text) => text === "none")) return { exports: [] };
	for (const text of exports) {
		const parsed = parseDestination(text);
		if (text === "none") reader.refuse("export", "none stands beside others: write none alone, or leave it out");
		else if ("problem" in parsed) reader.refuse("export", parsed.problem);
	}
	return { exports };
}
function optionalLogin(reader) {
	const username = reader.text("username");
	const password = reader.secret("password");
	if (username === void 0 && password === void 0) return {};
	if (username === void 0) reader.refuse("username", "missing while a password is given: a login needs both");
	if (password === void 0) reader.refuse("password", "missing while a username is given: a login needs both");
	return username === void 0 || password === void 0 ? {} : { login: {
		username,
		password
	} };
}
function optionalRegistry(reader) {
	const text = reader.text("registry");
	if (text === void 0) return {};
	const parsed = parseRegistry(text);
	if (typeof parsed === "string") return { registry: parsed };
	reader.refuse("registry", parsed.problem);
	return {};
}
function optionalEpoch(reader) {
	const given = reader.text("source-date-epoch");
	const text = given ?? reader.facts.sourceDateEpoch;
	if (text === void 0 || text === "") return {};
	if (/^\d{1,12}$/.test(text) && Number(text) <= 253402300799) return { sourceDateEpoch: Number(text) };
	const where = given === void 0 ? "the variable SOURCE_DATE_EPOCH is " : "";
	reader.refuse("source-date-epoch", `${where}'${text}': write whole seconds since 1970, like 1700000000`);
	return {};
}
// src/host/process-start.ts
/**
* When a process was started, in ticks since the machine's start; undefined when there is none of this number. With the
* number it names one process: numbers are given again. proc_pid_stat(5), field 22; the name in field 2 may hold anything.
*/
async function processStart(pid) {
	const text = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => void 0);
	const [state, ...fields] = text?.slice(text.lastIndexOf(")") + 2).split(" ") ?? [];
	return state === void 0 || "ZX".includes(state) ? void 0 : fields[18];
}
// src/job/holder.ts
const BOOT_FILE = "/proc/sys/kernel/random/boot_id";
const PLACE = [
	"host",
	"boot",
	"namespace"
];
/** File systems of one machine alone, by statfs(2): ext, XFS, Btrfs, F2FS, ZFS, bcachefs, overlay. */
const LOCAL = [
	61267,
	1481003842,
	2435016766,
	4076150800,
	801189825,
	3393526350,
	2035054128
];
/** A job of the runner that this process works for. */
async function thisJob(job) {
	const place = job && await thisPlace();
	return place && {
		...place,
		...job
	};
}
async function thisPlace() {
	try {
		const [boot, namespace] = await Promise.all([readFile(BOOT_FILE, "utf8"), readlink("/proc/self/ns/pid")]);
		return {
			host: hostname(),
			boot: boot.trim(),
			namespace
		};
	} catch {
		return;
	}
}
/** The holder that `JSON.stringify` wrote; undefined for anything else. */
function parseHolder(text) {
	let value;
	try {
		value = JSON.parse(text);
	} catch {
		return;
	}
	if (!isJsonObject(value)) return void 0;
	const areTexts = (names) => names.every((name) => typeof value[name] === "string");
	if (!areTexts(PLACE)) return void 0;
	if (areTexts(["temp", "job"])) return value;
	return areTexts(["started"]) && Number.isInteger(value["pid"]) && Number(value["pid"]) > 0 ? value : void 0;
}
/**
* Whether the holder of a folder works no more, as far as the one who asks can know it: a process of this machine and of our
* namespace that is gone, another job of our runner, which runs one at a time, or either from before the machine's last
* start. What cannot be known is taken for alive: runners in containers have one path, cloned machines one name, and both
* may share a folder.
*
* @param parent of the folder, absolute
*/
async function isDead(holder, asking, parent) {
	const isHere = holder.host === asking.host && holder.boot === asking.boot && holder.namespace === asking.namespace;
	if (holder.host === asking.host && holder.boot !== asking.boot && await isLocal(parent)) return true;
	if ("pid" in holder) return isHere && await processStart(holder.pid) !== holder.started;
	return "job" in asking && holder.temp === asking.temp && holder.job !== asking.job && (isHere || parent === holder.temp);
}
/** Whether no other machine can have the folder too. */
async function isLocal(folder) {
	const type = await statfs(folder).then((found) => found.type, () => void 0);
	return type !== void 0 && LOCAL.includes(type);
}
// src/host/address.ts
/** An address without user and password, which its authority may hold (RFC 3986, 3.2.1): for logs and messages. */
function shownUri(uri) {
	return uri.replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/?#]*@/i, "$1//");
}
// src/host/given-repository.ts
/**
* Reads one line of the input `repositories`, `URI [DISTRIBUTION [COMPONENTS…]]`.
*
* @returns a text where the line is wrong: what to write instead
*/
function givenRepository(line) {
	const [uri, distribution, ...components] = line.trim().split(/\s+/);
	if (uri === void 0 || uri === "") return "a line is empty: write URI [DISTRIBUTION [COMPONENTS…]]";
	const shown = shownUri(uri);
	if (uri.startsWith("/")) return `${shown} is no URI: write dir://${shown}`;
	if (!/^[a-z][a-z0-9+.-]*:./i.test(uri)) return `${shown} is no URI: write URI [DISTRIBUTION [COMPONENTS…]], http://… first`;
	if (uri.startsWith("obsrepositories:")) return `${uri} is what the lines of repositories stand for: write a real address`;
	return {
		uri,
		...distribution ? { distribution } : {},
		...components.length > 0 ? { components } : {}
	};
}
/** Reads all lines of the input, and gives every problem at once. */
function givenRepositories(lines) {
	const read = lines.map(givenRepository);
	return {
		given: read.filter((line) => typeof line !== "string"),
		problems: read.filter((line) => typeof line === "string").map((text) => ({
			where: "input repositories",
			text
		}))
	};
}
// src/host/mirrors.ts
const X86 = [
	"x86_64",
	"i586",
	"i686",
	"ix86"
];
const DEBIAN_COMPONENTS = ["main"];
const UBUNTU_COMPONENTS = ["main", "universe"];
/** The public mirrors that stand in where this machine's own do not have the distribution asked for. */
const publicMirrors = [{
	name: "debian",
	origin: "Debian",
	codenames: [
		"bullseye",
		"bookworm",
		"trixie",
		"forky",
		"duke",
		"oldoldstable",
		"oldstable",
		"stable",
		"testing"
	],
	rolling: ["sid", "unstable"],
	keyring: {
		path: "/usr/share/keyrings/debian-archive-keyring.gpg",
		packages: {
			debian: "debian-archive-keyring",
			ubuntu: "debian-archive-keyring",
			fedora: "debian-keyring"
		}
	},
	archives: [{
		uri: "http://ftp.debian.org/debian",
		suites: ["{codename}", "{codename}-updates"],
		components: DEBIAN_COMPONENTS
	}, {
		uri: "http://security.debian.org/debian-security",
		suites: ["{codename}-security"],
		components: DEBIAN_COMPONENTS
	}]
}, {
	name: "ubuntu",
	origin: "Ubuntu",
	codenames: [
		"focal",
		"jammy",
		"noble",
		"plucky",
		"questing",
		"resolute"
	],
	rolling: [],
	keyring: {
		path: "/usr/share/keyrings/ubuntu-archive-keyring.gpg",
		packages: {
			debian: "ubuntu-keyring",
			ubuntu: "ubuntu-keyring",
			fedora: "ubu-keyring"
		}
	},
	archives: [
		{
			uri: "http://archive.ubuntu.com/ubuntu",
			suites: ["{codename}", "{codename}-updates"],
			components: UBUNTU_COMPONENTS,
			architectures: X86
		},
		{
			uri: "http://security.ubuntu.com/ubuntu",
			suites: ["{codename}-security"],
			components: UBUNTU_COMPONENTS,
			architectures: X86
		},
		{
			uri: "http://ports.ubuntu.com/ubuntu-ports",
			suites: [
				"{codename}",
				"{codename}-updates",
				"{codename}-security"
			],
			components: UBUNTU_COMPONENTS
		}
	]
}];
/** The family that a codename belongs to. */
function familyOf(mirrors, codename) {
	return mirrors.find((family) => [...family.codenames, ...family.rolling].includes(codename));
}
/**
* Reads a table that takes the place of `publicMirrors`, of the same shape, as JSON.
*
* @throws HostError where the file cannot be read or is no such table
*/
async function readMirrors(path) {
	const remedy = "it must be a JSON list of families like that of src/host/mirrors.ts";
	try {
		const value = JSON.parse(await readFile(path, "utf8"));
		if (Array.isArray(value) && value.every(isFamily)) return value;
	} catch (error) {
		throw new HostError("host-mirror-table", `the mirror table ${path} cannot be read (${error instanceof Error ? error.message : error})`, remedy);
	}
	throw new HostError("host-mirror-table", `the mirror table ${path} has another shape`, remedy);
}
function isFamily(value) {
	if (!isJsonObject(value) || typeof value["name"] !== "string" || typeof value["origin"] !== "string") return false;
	const { keyring, archives } = value;
	if (!isTexts$1(value["codenames"]) || !isTexts$1(value["rolling"])) return false;
	if (!isJsonObject(keyring) || typeof keyring["path"] !== "string" || !isJsonObject(keyring["packages"])) return false;
	return Array.isArray(archives) && archives.every(isArchive);
}
function isArchive(value) {
	if (!isJsonObject(value) || typeof value["uri"] !== "string") return false;
	if (value["architectures"] !== void 0 && !isTexts$1(value["architectures"])) return false;
	return isTexts$1(value["suites"]) && isTexts$1(value["components"]);
}
function isTexts$1(value) {
	return Array.isArray(value) && value.every((text) => typeof text === "string");
}
// src/oci/store/file.ts
/**
* Writes a file of ours into a folder that goes with the job, as Node's `writeFile`, whose error does not say where the disk
* is full.
*
* @throws HostError when the disk is full; other errors of the file system are passed on
*/
async function putText(path, content, options = {}) {
	try {
		await writeFile(path, content, options);
	} catch (error) {
		throw spaceError(error, dirname(path));
	}
}
// src/job/placeholders.ts
/** The keyrings with which the machine checks what stands for `obsrepositories:/`, as far as they can be known before. */
function placeholderKeyrings(placeholders, lines, mirrors) {
	const { given } = givenRepositories(lines);
	const asked = given.length > 0 ? given : placeholders;
	const keyrings = (placeholders.length === 0 ? [] : asked.map(({ distribution }) => distribution ?? "")).flatMap((codename) => familyOf(mirrors, codename.replace(/-.*$/, ""))?.keyring ?? []);
	return [...new Map(keyrings.map((keyring) => [keyring.path, keyring])).values()];
}
// src/job/hostfacts.ts
/** What of a plan decides which tools the machine needs. */
function hostFacts(plan, architecture, mirrors) {
	const { source, basePacking } = plan;
	const packed = basePacking === void 0 ? {} : { basePacking };
	if (source.kind === "disk") return {
		source: "disk",
		...packed
	};
	const { selected } = source;
	const attribute = (name) => selected.attributes[name];
	const has = (name) => ![
		"",
		"false",
		"0"
	].includes(attribute(name)?.trim() ?? "");
	return {
		source: "description",
		...packed,
		architecture,
		packageManager: source.packageManager,
		kiwiVersion: source.kiwiVersion,
		filesystems: selected.filesystems,
		...selected.firmware === void 0 ? {} : { firmware: selected.firmware },
		...attribute("efiparttable") === void 0 ? {} : { efiPartitionTable: attribute("efiparttable") ?? "" },
		...selected.bootloader === void 0 ? {} : { bootloader: selected.bootloader },
		luks: attribute("luks") !== void 0,
		lvm: selected.volumeManager === "lvm",
		mdraid: has("mdraid"),
		overlayroot: has("overlayroot"),
		...attribute("overlayroot_readonly_filesystem") === void 0 ? {} : { overlayrootType: attribute("overlayroot_readonly_filesystem") ?? "" },
		verity: has("verity_blocks") || has("embed_verity_metadata") || has("overlayroot_verity_blocks"),
		integrity: has("standalone_integrity") || has("embed_integrity_metadata"),
		plainPasswords: true,
		fstabPatch: source.hasFstabPatch,
		keyrings: placeholderKeyrings(source.placeholders, source.repositories, mirrors)
	};
}
/** What most descriptions need on a machine that is set up without one. */
function usualHostFacts(machine) {
	return {
		source: "description",
		...machine,
		filesystems: [
			"ext4",
			"xfs",
			"btrfs",
			"squashfs"
		],
		firmware: "uefi",
		bootloader: "grub2",
		plainPasswords: true
	};
}
// src/host/space.ts
const MEGABYTE = 1024 ** 2;
/** What we assume to be in the disk of a description that gives no smaller `<size>`. */
const ASSUMED_CONTENT_BYTES = 2048 * MEGABYTE;
/** A disk of a Linux system compresses to about 40 % (440 MB of a small Debian to 166 MB); the rest is margin. */
const COMPRESSED_PART = .6;
/** Bytes that an ordinary user may still write below a path; a path that does not exist yet counts as its parent. */
async function freeBytes(path) {
	let folder = resolve(path);
	for (;;) try {
		const { bavail, bsize } = await statfs(folder);
		return bavail * bsize;
	} catch (error) {
		const parent = dirname(folder);
		if (!(error instanceof Error && "code" in error && error.code === "ENOENT") || parent === folder) throw error;
		folder = parent;
	}
}
16 * MEGABYTE;
/** The error to throw where a folder has not the space, with both numbers in GB or MB (10⁹ and 10⁶ bytes, as `df -H` shows them). */
function spaceProblem(needBytes, haveBytes, path) {
	if (haveBytes >= needBytes) return void 0;
	return new HostError("host-space", `not enough space in ${path}: about ${amount(needBytes, Math.ceil)} are needed, ${amount(haveBytes, Math.floor)} are free`, "free some, or set work-dir to a folder on a larger file system");
}
function amount(bytes, round) {
	return bytes < 1e9 ? `${round(bytes / 1e6)} MB` : `${(round(bytes / 1e8) / 10).toFixed(1)} GB`;
}
/**
* Bytes needed to wrap an existing disk: all blobs, and beside them one converted disk at a time and those that stay.
*
* @param disks in the order in which they are made
*/
function diskSpaceNeed(facts, disks) {
	let keptBytes = 0;
	let needBytes = 0;
	for (const disk of disks) {
		const { fileBytes, blobsBytes, workBytes } = spaceOf(facts, disk);
		needBytes = Math.max(needBytes, keptBytes + fileBytes + Math.max(blobsBytes, workBytes));
		keptBytes += blobsBytes + (disk.stays ? fileBytes : 0);
	}
	return Math.ceil(needBytes);
}
function spaceOf({ contentBytes, lengthBytes = contentBytes }, disk) {
	const packedBytes = contentBytes * COMPRESSED_PART;
	const fileBytes = disk.packed ? packedBytes : contentBytes;
	const plainBytes = disk.whole ? lengthBytes : contentBytes;
	const sizes = disk.blobs.map(({ compressed }) => compressed || disk.packed ? packedBytes : plainBytes);
	const blobsBytes = sizes.reduce((total, bytes) => total + bytes, 0);
	const framedBytes = disk.blobs.some(({ framed }) => framed) ? Math.max(...sizes) : 0;
	const workBytes = Math.max(disk.rawCopy ? contentBytes : 0, blobsBytes + framedBytes);
	return {
		fileBytes: disk.converted ? fileBytes : 0,
		blobsBytes,
		workBytes
	};
}
/**
* Bytes needed to build a description: root tree, raw disk, and what is written of the disk.
*
* The raw disk is sparse, so `<size>` only limits what it can hold; a small system in a disk of 100 GB is usual. The
* estimate takes the smaller of `<size>` and 2 GB and is meant to stop what cannot work; `diskSpaceNeed` is asked again
* when the disk is there.
*
* @param sizeMegabytes `<size>` of the type in MB, where it is given
*/
function descriptionSpaceNeed(disks, sizeMegabytes) {
	const limit = sizeMegabytes === void 0 ? Number.POSITIVE_INFINITY : sizeMegabytes * MEGABYTE;
	const contentBytes = Math.min(limit, ASSUMED_CONTENT_BYTES);
	return contentBytes + contentBytes + diskSpaceNeed({ contentBytes }, disks);
}
// src/kiwi/place.ts
/**
* Why KIWI cannot build below a folder, as one sentence: it hands its paths to shells without quotes (KIWI:
* `package_manager/apt.py`, the hook of `apt-get` that collects the bootstrap packages).
*/
function kiwiPathProblem(folder) {
	if (/^[\w@%+=:,./-]+$/.test(folder)) return void 0;
	return `KIWI cannot build below ${folder}: name a folder without spaces and signs that a shell reads`;
}
// src/plan/typeplace.ts
/** Where the `<type>` that is built stands, for a problem of it. */
function typePlace({ file, line }) {
	return {
		where: `${basename(file)}:${line}`,
		file,
		line
	};
}
// src/plan/diskpath.ts
/** Where the disk is in the image, absolute. */
function plannedDiskPath({ source, format, diskPath }) {
	return diskPath ?? `/disk/${diskStem(source)}.${diskFormat(format).extension}`;
}
/** What the disk is called where no input says it, without its ending: as by `bundle_format`, by KIWI, or as its file. */
function diskStem(source) {
	if (source.kind === "description") return source.diskName ?? source.kiwiName;
	return basename(source.path).replace(/(?<=.)\.[^.]+$/, "");
}
/** What a disk of podman machine is called, without its endings, which name the architecture already. */
function machineStem(source) {
	return source.kind === "description" ? source.diskName ?? source.name : diskStem(source);
}
/** What is wrong with a path that no input gives. */
function diskPathProblems(placed) {
	const { source, diskPath } = placed;
	const path = plannedDiskPath(placed);
	const problem = diskPath === void 0 ? diskPathProblem(path) : void 0;
	if (problem === void 0) return [];
	if (source.kind === "disk") return [{
		where: "input disk-path",
		text: `missing, and ${problem}`
	}];
	return [{
		...typePlace(source.selected),
		text: `the disk would be ${path}: ${problem}, or set the input disk-path`
	}];
}
// src/plan/kinds.ts
/** What is made of the disk, with the disk type that podman on Linux takes where none is named. */
function chosenKinds({ kinds, diskTypes }) {
	if (!kinds.includes("podman-machine")) return {
		kinds,
		diskTypes: []
	};
	return {
		kinds,
		diskTypes: diskTypes.length === 0 ? ["qemu"] : diskTypes
	};
}
/** Whether the disk goes into a tree of files, in which a base and a path have a meaning. */
function hasTree(kinds) {
	return kinds.includes("container") || kinds.includes("kubevirt");
}
/** Whether an image is among what is made, with the config and the labels of a container, and not artifacts alone. */
function hasImage(kinds) {
	return kinds.some((kind) => !isArtifactKind(kind));
}
/**
* What of the inputs cannot be together, one sentence each.
*
* @param given what is wrong with the inputs by themselves: what follows from a wrong kind is no second mistake
*/
function kindProblems(inputs, given) {
	if (given.some(({ where }) => where === "input kind")) return [];
	const { kinds } = inputs;
	return [
		...companyProblems(kinds),
		...platformProblems(inputs),
		...lonelyProblems(inputs),
		...kinds.includes("kubevirt") ? kubevirtProblems(inputs) : [],
		...hasTree(kinds) ? [] : treeProblems(inputs)
	];
}
/** c/image internal/manifest/oci_index.go: of two entries for one platform it takes the one that is compressed by zstd. */
function companyProblems(kinds) {
	const where = "input kind";
	const elsewhere = "give it a tag of its own, by another step with the output disk as its input disk";
	const image = kinds.find((kind) => kind === "container" || kind === "kubevirt");
	const other = kinds.find((kind) => kind !== "podman-machine-4");
	if (kinds.includes("podman-machine-4") && other !== void 0) return [{
		where,
		text: `podman-machine-4 beside ${other}: podman 4 reads one image with one layer and no index: make it alone, by another step with the output disk as its input disk`
	}];
	if (!kinds.includes("artifact") || image === void 0) return [];
	return [{
		where,
		text: `artifact beside ${image}: both would be entries for the same platform, and podman, skopeo and CDI take either of them: ${elsewhere}`
	}];
}
function platformProblems({ kinds, platform }) {
	if (!kinds.includes("podman-machine") || machineArchitecture(platform) !== void 0) return [];
	return [{
		where: "input kind",
		text: `podman-machine is for linux/amd64 and linux/arm64, and the platform is ${platformText(platform)}: leave it out, or set platform`
	}];
}
/** Inputs of a kind that is not there. */
function lonelyProblems({ kinds, diskTypes, instancetype, preference }) {
	const of = (name, kind, isGiven) => isGiven && !kinds.includes(kind) ? [{
		where: `input ${name}`,
		text: `belongs to ${kind}: add ${kind} to kind, or leave it out`
	}] : [];
	return [
		...of("disktype", "podman-machine", diskTypes.length > 0),
		...of("instancetype", "kubevirt", instancetype !== void 0),
		...of("preference", "kubevirt", preference !== void 0)
	];
}
/** kubevirt pkg/container-disk/container-disk.go; CDI issue 4277, which is in every release up to August 2026. */
function kubevirtProblems({ compression, diskPath }) {
	const problems = [];
	if (compression.algorithm === "zstd") problems.push({
		where: "input compression",
		text: "CDI fails on layers of zstd (kubevirt/containerized-data-importer issue 4277): write gzip or none with kubevirt"
	});
	if (diskPath !== void 0 && !/^\/disk\/[^/]+$/.test(diskPath)) {
		const text = `kubevirt looks for one file in /disk, and ${diskPath} is not there: write /disk/NAME, or leave it out`;
		problems.push({
			where: "input disk-path",
			text
		});
	}
	return problems;
}
/** Inputs that say something of a tree of files, where there is none. */
function treeProblems({ kinds, diskPath, baseImage, containerconfig }) {
	const names = kinds.join(" and ");
	const added = kinds.includes("artifact") || kinds.includes("podman-machine-4") ? "" : ", or add container to kind";
	const of = (name, what) => ({
		where: `input ${name}`,
		text: `only an image of kind container or kubevirt has ${what}, and kind is ${names}: leave it out${added}`
	});
	const [key] = hasImage(kinds) ? [] : Object.keys(containerconfig);
	return [
		...diskPath === void 0 ? [] : [of("disk-path", "paths")],
		...baseImage === void 0 || baseImage === "scratch" ? [] : [of("base-image", "a base")],
		...key === void 0 ? [] : [of("containerconfig", key)]
	];
}
// src/plan/format.ts
/**
* What a kind can hold; of the others any format. KubeVirt: pkg/os/disk/validation.go. podman machine 4: pkg/machine/pull.go,
* for QEMU and for Apple's hypervisor.
*/
const CARRIED = {
	kubevirt: ["qcow2", "raw"],
	"podman-machine-4": ["qcow2", "raw"]
};
/** What each kind of machine starts from: podman pkg/machine/define/image_format.go. */
const DISK_TYPE_FORMATS = {
	qemu: "qcow2",
	applehv: "raw",
	hyperv: "vhdx"
};
/** The format of the disk that a kind of machine takes. */
function diskTypeFormat(diskType) {
	return DISK_TYPE_FORMATS[diskType];
}
/**
* The format of the disk in the first child: of the input, else of the description, else qcow2. The disks of podman
* machine have the formats of their disk types, whatever either says.
*/
function chosenFormat(inputs, source) {
	const [diskType] = isMachineAlone(inputs) ? chosenKinds(inputs).diskTypes : [];
	if (diskType !== void 0) return {
		format: diskTypeFormat(diskType),
		formatSource: `disktype ${diskType}`
	};
	if (inputs.format !== void 0) return {
		format: inputs.format,
		formatSource: "input format"
	};
	const selected = source.kind === "description" ? source.selected : void 0;
	if (selected?.diskFormat !== void 0 && isDiskFormat(selected.diskFormat)) return {
		format: selected.diskFormat,
		formatSource: `format of ${typePlace(selected).where}`
	};
	return {
		format: "qcow2",
		formatSource: "default"
	};
}
/** Why the kinds cannot have the format, at the input or at the line of the description that says it. */
function formatProblems(inputs, source) {
	if (isMachineAlone(inputs)) return machineProblems$1(inputs);
	const { format } = chosenFormat(inputs, source);
	return inputs.kinds.flatMap((kind) => {
		const carried = CARRIED[kind];
		if (carried === void 0 || carried.includes(format)) return [];
		const why = `${kind} takes a disk in ${carried.join(" or ")}, and ${format} is neither`;
		if (inputs.format !== void 0 || source.kind === "disk") return [{
			where: "input format",
			text: `${why}: write one of the two`
		}];
		const text = `format="${source.selected.format}": ${why}: write one of the two, or set the input format`;
		return [{
			...typePlace(source.selected),
			text
		}];
	});
}
function isMachineAlone({ kinds }) {
	return kinds.length === 1 && kinds.includes("podman-machine");
}
function machineProblems$1(inputs) {
	const { format } = inputs;
	const formats = chosenKinds(inputs).diskTypes.map((type) => ({
		type,
		format: diskTypeFormat(type)
	}));
	if (format === void 0 || formats.some((each) => each.format === format)) return [];
	return [{
		where: "input format",
		text: `podman-machine makes ${formats.map((each) => `${each.format} for ${each.type}`).join(", ")}, and no ${format}: leave it out, and choose by disktype`
	}];
}
// src/plan/children.ts
/** What a job of the plan writes, in the order of the index: the image first. More than one child makes an index. */
function plannedChildren(plan) {
	return [
		...imageChildren(plan),
		...artifactChildren(plan),
		...machineChildren(plan),
		...earlierMachine(plan)
	];
}
/** How the blob of a child is compressed; podman machine takes its disks packed by zstd, an artifact is the disk itself. */
function childCompression({ compression }, { kind }) {
	if (kind === "artifact") return { algorithm: "none" };
	if (hasTree([kind]) || compression.algorithm === "zstd") return compression;
	return { algorithm: "zstd" };
}
/** Each disk that the children need, once, in the order in which they need it. */
function plannedDisks(plan) {
	const disks = /* @__PURE__ */ new Map();
	for (const child of plannedChildren(plan)) {
		const { format, packsClusters } = child;
		const key = JSON.stringify([format, packsClusters]);
		const fileName = hasTree([child.kind]) ? basename(child.path) : nameWithEnding(plan, format);
		const { children = [], ...disk } = disks.get(key) ?? {
			format,
			packsClusters,
			fileName
		};
		disks.set(key, {
			...disk,
			children: [...children, child]
		});
	}
	return [...disks.values()];
}
function imageChildren(plan) {
	const { kinds, format, compression } = plan;
	const kind = ["container", "kubevirt"].find((each) => kinds.includes(each));
	if (kind === void 0) return [];
	return [{
		kind,
		format,
		packsClusters: format === "qcow2" && compression.algorithm === "none",
		path: plannedDiskPath(plan)
	}];
}
function artifactChildren(plan) {
	const { kinds, format } = plan;
	if (!kinds.includes("artifact")) return [];
	return [{
		kind: "artifact",
		format,
		packsClusters: format === "qcow2",
		path: nameWithEnding(plan, format)
	}];
}
/** podman pkg/machine/ocipull/ociartifact.go takes the last two endings of the title, the format and the compression. */
function machineChildren(plan) {
	const architecture = machineArchitecture(plan.platform);
	return plan.diskTypes.map((diskType) => {
		const format = diskTypeFormat(diskType);
		return {
			kind: "podman-machine",
			diskType,
			format,
			packsClusters: false,
			path: `${machineStem(plan.source)}.${architecture}.${diskType}.${diskFormat(format).extension}.zst`
		};
	});
}
/** podman 4.9 pkg/machine/ocidir.go names the disk by the file of the tar without its last ending. */
function earlierMachine(plan) {
	const { kinds, format } = plan;
	if (!kinds.includes("podman-machine-4")) return [];
	return [{
		kind: "podman-machine-4",
		format,
		packsClusters: false,
		path: `/${nameWithEnding(plan, format)}.zst`
	}];
}
function nameWithEnding(plan, format) {
	return `${diskStem(plan.source)}.${diskFormat(format).extension}`;
}
// src/idleness.ts
const LOOKS = 4;
const IDLE_BYTES = 4096;
/**
* Looks at a program until it reads and writes less than 4 KiB, of files, pipes and sockets together, in so many seconds.
*
* @returns to be called when it has ended
*/
function watchIdle(pid, seconds, onIdle) {
	if (pid === void 0 || seconds === void 0) return () => {};
	const seen = [0];
	const timer = setInterval(() => {
		const moved = movedBytes(pid);
		if (moved === void 0) return;
		seen.push(moved);
		if (seen.length <= LOOKS) return;
		if (moved - (seen.shift() ?? 0) >= IDLE_BYTES) return;
		clearInterval(timer);
		onIdle();
	}, seconds * 1e3 / LOOKS);
	return () => clearInterval(timer);
}
/** What a process has read and written so far; proc_pid_io(5). Undefined where we may not know it, or it has ended. */
function movedBytes(pid) {
	try {
		const text = readFileSync(`/proc/${pid}/io`, "utf8");
		return Number(/^rchar: (\d+)$/m.exec(text)?.[1]) + Number(/^wchar: (\d+)$/m.exec(text)?.[1]);
	} catch {
		return;
	}
}
// src/command.ts
const KEPT_LINES = 40;
/** After SIGTERM a program has this long before it is killed. */
const GRACE_MILLISECONDS = 5e3;
/** After the end of a program that was to end, what it has printed is read for so long. */
const LAST_WORDS_MILLISECONDS = 500;
/**
* Runs a program from an argument list, never through a shell.
*
* @throws CommandError when it cannot be started, exits with a code not in `accept`, is ended by a signal, runs into
*   its time limit, stands still or is canceled. A non-zero exit is always an error. HostError where `cwd` is no folder; what `onLine`
*   throws, when the program has ended of it.
*/
async function runCommand(program, args, options = {}) {
	const fail = (outcome, lines) => new CommandError(program, args, outcome, lines);
	if (options.cwd !== void 0) await requireFolder(options.cwd);
	if (options.signal?.aborted) throw fail({ kind: "canceled" }, []);
	const child = spawn(program, args, {
		cwd: options.cwd,
		env: markedEnvironment(options),
		stdio: [
			"pipe",
			"pipe",
			"pipe"
		],
		detached: options.apart ?? false
	});
	const lastLines = [];
	const chunks = [];
	const errors = [];
	const keep = (line) => {
		lastLines.push(line);
		if (lastLines.length > KEPT_LINES) lastLines.shift();
		options.onLine?.(line);
	};
	const readers = [options.onLine ? eachLine(child.stdout, keep) : collect$1(child.stdout, chunks), eachLine(child.stderr, (line) => {
		if (!options.onLine) errors.push(line);
		keep(line);
	})];
	feed(child.stdin, options);
	const ended = endOf(child);
	const stopper = stopWhenAsked(child, options);
	child.once("exit", () => {
		if (stopper.reason === void 0) return;
		setTimeout(() => {
			for (const stream of [child.stdout, child.stderr]) stream.destroy();
		}, LAST_WORDS_MILLISECONDS);
	});
	try {
		const [end] = await Promise.all([ended, ...readers]).catch(async (error) => {
			if (child.pid === void 0) throw isMissing(error) ? fail({ kind: "missing" }, []) : error;
			if (stopper.reason !== void 0) throw fail(stopper.reason, lastLines);
			stopper.stop({ kind: "canceled" });
			for (const stream of [child.stdout, child.stderr]) stream.destroy();
			throw await ended.then(() => error);
		});
		const lines = lastLines.length > 0 ? lastLines : tail(chunks);
		const failure = stopper.reason ?? failureOf(end, options.accept);
		if (failure !== void 0) throw fail(failure, lines);
		return {
			exitCode: end.code ?? 0,
			stdout: Buffer.concat(chunks),
			stderr: errors.join("\n")
		};
	} finally {
		stopper.release();
	}
}
function feed(stdin, { input, onInput, stopByEndOfInput }) {
	stdin.on("error", () => {});
	if (input !== void 0) stdin.write(input);
	onInput?.(stdin);
	if (!stopByEndOfInput && onInput === void 0) stdin.end();
}
function failureOf({ code, signal }, accept = [0]) {
	if (code === null) return {
		kind: "signal",
		signal: signal ?? "an unknown signal"
	};
	return accept.includes(code) ? void 0 : {
		kind: "exit",
		code
	};
}
function endOf(child) {
	return new Promise((resolve, reject) => {
		child.on("error", (error) => child.pid === void 0 && reject(error));
		child.once("close", (code, signal) => resolve({
			code,
			signal
		}));
	});
}
/** Node tells a missing one as a missing program. */
async function requireFolder(folder) {
	await access(`${folder}/.`, constants$2.X_OK).catch(({ code }) => {
		throw new HostError("host-folder", `${folder} is no folder to work in (${code})`, "it was removed or closed meanwhile: run the job again");
	});
}
function stopWhenAsked(child, options) {
	const state = {
		stop: (reason) => stop(reason),
		release: () => {}
	};
	const timers = [];
	const stop = (reason) => {
		state.reason ??= reason;
		if (options.stopByEndOfInput) child.stdin?.end();
		else sendSignal(child, options.stopSignal ?? "SIGTERM");
		const grace = options.graceSeconds === void 0 ? GRACE_MILLISECONDS : options.graceSeconds * 1e3;
		timers.push(setTimeout(() => sendSignal(child, "SIGKILL"), grace));
	};
	const onAbort = () => stop({ kind: "canceled" });
	options.signal?.addEventListener("abort", onAbort, { once: true });
	const { timeoutSeconds } = options;
	if (timeoutSeconds !== void 0) timers.push(setTimeout(() => stop({
		kind: "timeout",
		seconds: timeoutSeconds
	}), timeoutSeconds * 1e3));
	const { idleSeconds = 0 } = options;
	const forget = watchIdle(child.pid, options.idleSeconds, () => stop({
		kind: "idle",
		seconds: idleSeconds
	}));
	state.release = () => {
		forget();
		options.signal?.removeEventListener("abort", onAbort);
		for (const timer of timers) clearTimeout(timer);
	};
	return state;
}
/** A program that sudo started for us is root's: we may not signal it (kill(2)), sudo may, and it passes the signal on. */
function sendSignal(child, signal) {
	if (child.pid === void 0 || child.exitCode !== null || child.signalCode !== null) return;
	try {
		process.kill(child.pid, signal);
	} catch (error) {
		if (!isErrno(error) || error.code !== "EPERM") return;
		spawn("sudo", [
			"-n",
			"kill",
			"-s",
			signal.slice(3),
			String(child.pid)
		], { stdio: "ignore" }).on("error", () => {});
	}
}
const RUNNER_VARIABLES = /^(INPUT_|STATE_|ACTIONS_|KIWI_OCI_)|^(GITHUB_TOKEN|NODE_OPTIONS)$/;
/** What the actions' runner hands to its steps, tokens among it: no program that we start needs any of it. */
function isRunnerVariable(name) {
	return RUNNER_VARIABLES.test(name);
}
const MARK = `KIWI_OCI_PROCESS=${randomUUID()}`;
let isMarking = false;
/**
* From now on what may be ended at any moment, and what that starts, has a mark in its environment, by which somebody else
* finds it when this process is killed: kill(2) ends no children.
*
* @returns the mark, `NAME=VALUE`
*/
function markPrograms() {
	isMarking = true;
	return MARK;
}
function markedEnvironment({ env, signal, stopSignal, stopByEndOfInput, apart }) {
	const whole = env ?? inheritedEnvironment();
	if (!isMarking || !(signal !== void 0 && stopSignal !== "SIGINT" && !stopByEndOfInput && !apart)) return whole;
	const [name = "", value] = MARK.split("=");
	return {
		...whole,
		[name]: value
	};
}
function inheritedEnvironment() {
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isRunnerVariable(name)));
}
async function eachLine(stream, onLine) {
	for await (const line of createInterface({
		input: stream,
		crlfDelay: Number.POSITIVE_INFINITY
	})) onLine(line);
}
async function collect$1(stream, into) {
	for await (const chunk of stream) into.push(chunk);
}
function tail(chunks) {
	return Buffer.concat(chunks).toString("utf8").trimEnd().split("\n").slice(-40);
}
function isErrno(error) {
	return error instanceof Error && "code" in error;
}
function isMissing(error) {
	return isErrno(error) && ["ENOENT", "EACCES"].includes(error.code ?? "");
}
Buffer.alloc(1048576);
// src/disk/machine.ts
const LSI_LOGIC = {
	resourceType: 6,
	subtype: "lsilogic",
	title: "SCSI Controller"
};
const PARAVIRTUAL = {
	resourceType: 6,
	subtype: "VirtualSCSI",
	title: "SCSI Controller"
};
const CONTROLLER_WORDS = [...new Map(Object.entries({
	ide: {
		resourceType: 5,
		title: "IDE Controller"
	},
	buslogic: {
		resourceType: 6,
		subtype: "buslogic",
		title: "SCSI Controller"
	},
	lsilogic: LSI_LOGIC,
	legacyESX: LSI_LOGIC,
	scsi: LSI_LOGIC,
	lsisas1068: {
		resourceType: 6,
		subtype: "lsilogicsas",
		title: "SCSI Controller"
	},
	pvscsi: PARAVIRTUAL,
	paravirtual: PARAVIRTUAL,
	sata: {
		resourceType: 20,
		subtype: "vmware.sata.ahci",
		title: "SATA Controller"
	},
	nvme: {
		resourceType: 20,
		subtype: "vmware.nvme.controller",
		title: "NVMe Controller"
	}
})).keys()];
/** kiwi/schema/kiwi.rnc `k.vmdvd.controller.attribute` */
const DVD_CONTROLLER_WORDS = ["ide", "scsi"];
new Map(Object.entries({
	e1000: "E1000",
	e1000e: "E1000e",
	vmxnet: "VmxNet",
	vmxnet2: "VmxNet2",
	vmxnet3: "VmxNet3",
	pcnet32: "PCNet32",
	vlance: "PCNet32"
}));
// src/disk/options.ts
const NO_OPTIONS = { qemu: [] };
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Options of qemu-img for a disk that is not one file by itself, or that nobody could read without a secret. */
const REFUSED = new Map(Object.entries({
	backing_file: "names another file, and the disk is alone in the image",
	backing_fmt: "is of another file, and the disk is alone in the image",
	data_file: "names another file, and the disk is alone in the image",
	data_file_raw: "is of another file, and the disk is alone in the image",
	encryption: "needs a key, which qemu-img is not given",
	size: "is what <size> of the type says"
}));
/** QEMU block/vmdk.c: those that are files beside the one that is named. */
const SPLIT_VMDKS = [
	"monolithicFlat",
	"twoGbMaxExtentSparse",
	"twoGbMaxExtentFlat"
];
/**
* What is wrong with options for a format, one sentence each; for the plan, since a build takes minutes. Of values that
* only the installed qemu-img knows it says nothing.
*/
function optionProblems(format, options) {
	const { vhdFixedTag, machine } = options;
	const problems = takesOptions(format) ? options.qemu.flatMap((option) => qemuProblems(format, option)) : [];
	if (format === "vhd-fixed" && vhdFixedTag !== void 0 && !GUID.test(vhdFixedTag)) problems.push(`vhdfixedtag="${vhdFixedTag}" is no GUID: write one like 12345678-9abc-def0-1234-56789abcdef0, in small letters`);
	return format === "ova" && machine !== void 0 ? [...problems, ...machineProblems(machine)] : problems;
}
function machineProblems({ hardwareVersion, diskController, dvd, ovfType }) {
	const problems = [];
	if (hardwareVersion !== void 0 && !/^[1-9][0-9]{0,2}$/.test(hardwareVersion)) problems.push(`HWversion="${hardwareVersion}" is no version of VMware's hardware: write a number, like 13`);
	if (diskController !== void 0 && !CONTROLLER_WORDS.includes(diskController)) problems.push(`controller="${diskController}" of <vmdisk> is not known: write ${CONTROLLER_WORDS.join(", ")}`);
	if (dvd?.controller !== void 0 && !DVD_CONTROLLER_WORDS.includes(dvd.controller)) problems.push(`controller="${dvd.controller}" of <vmdvd> is not known: write ${DVD_CONTROLLER_WORDS.join(" or ")}`);
	if (ovfType !== void 0 && ovfType !== "vmware") problems.push(`ovftype="${ovfType}" of <machine> is not known: write vmware`);
	return problems;
}
function qemuProblems(format, option) {
	const [name = "", value = ""] = option.split(/=(.*)/s);
	const because = REFUSED.get(name.startsWith("encrypt.") ? "encryption" : name);
	if (because !== void 0) return [`formatoptions: ${name} ${because}: leave it out`];
	if (option.includes(",")) return [`formatoptions: "${option}" holds a comma: write single options`];
	if (format === "vmdk" && name === "subformat" && SPLIT_VMDKS.includes(value)) return [`the vmdk of subformat ${value} is several files, of which the image would hold one: write monolithicSparse or streamOptimized`];
	return [];
}
// src/disk/convert.ts
/**
* Whether a disk is written anew for the format. One for an archive always is, and one for a fixed VHD, since what
* qemu-img calls vpc may be of either kind.
*/
function isConverted(from, to, options = NO_OPTIONS) {
	if (to === "raw") return from !== "raw";
	if (to === "gce" || to === "ova" || to === "vhd-fixed") return true;
	return from !== diskFormat(to).driver || options.qemu.length > 0;
}
// src/plan/diskoptions.ts
/**
* What the description says of the conversion. It says it of its own format: to another that an input names, nothing of
* it applies.
*/
function conversionOptions(source, format, platform) {
	if (source.kind !== "description" || source.selected.diskFormat !== format) return NO_OPTIONS;
	const { formatOptions, vhdFixedTag, gceLicense, machine, firmware } = source.selected;
	return {
		qemu: formatOptions,
		...vhdFixedTag === void 0 ? {} : { vhdFixedTag },
		...gceLicense === void 0 ? {} : { gceLicense },
		...machine === void 0 ? {} : { machine },
		firmware: firmware ?? (["amd64", "386"].includes(platform.architecture) ? "bios" : "efi")
	};
}
/** What is wrong with what the description says of the conversion. */
function conversionProblems(source, format, platform) {
	if (source.kind !== "description") return [];
	const place = typePlace(source.selected);
	return optionProblems(format, conversionOptions(source, format, platform)).map((text) => ({
		...place,
		text
	}));
}
// src/job/disk.ts
/**
* Whether the children read the disk from the raw disk itself, without a file of the format in between. Where nothing else
* compresses it the clusters of a qcow2 are, by qemu-img.
*/
function isStreamed({ source, platform }, { format, packsClusters }, from) {
	if (from !== "raw") return false;
	if (format === "raw") return true;
	const { qemu } = conversionOptions(source, format, platform);
	return format === "qcow2" && !packsClusters && qemu.length === 0;
}
/** Whether a file of the planned format is written, and not the disk itself or its content read. */
function makesFile(plan, disk, from) {
	const options = conversionOptions(plan.source, disk.format, plan.platform);
	return isConverted(from, disk.format, options) && !isStreamed(plan, disk, from);
}
// src/job/space.ts
/**
* What can be told of the place of a build before anything is there: all of it.
*
* @param folder where its work folder is to be made; may be missing still
*/
async function buildLacks(plan, folder) {
	if (plan.source.kind !== "description") return [];
	const unfit = kiwiPathProblem(resolve(folder));
	const { size } = plan.source.selected;
	const space = spaceProblem(descriptionSpaceNeed(writtenDisks(plan, "raw"), size?.additive ? void 0 : size?.megabytes), await freeBytes(folder), folder);
	return [...unfit === void 0 ? [] : [new HostError("host-folder", "the folder to build in is of no use", unfit)], ...space === void 0 ? [] : [space]];
}
/** All disks of the plan; the first one's file is an output of the job. */
function writtenDisks(plan, from) {
	return plannedDisks(plan).map((disk, at) => ({
		...writtenDisk(plan, disk, from),
		stays: at === 0
	}));
}
function writtenDisk(plan, disk, from) {
	const format = disk.format;
	const { packed = false, whole = false } = diskFormat(format);
	return {
		converted: makesFile(plan, disk, from),
		packed,
		whole,
		rawCopy: format === "gce" && from !== "raw",
		blobs: disk.children.map((child) => ({
			compressed: isPacked(plan, child),
			framed: child.kind === "podman-machine-4"
		}))
	};
}
function isPacked(plan, child) {
	return childCompression(plan, child).algorithm !== "none";
}
// src/host/missing.ts
/** Where system programs live; Debian leaves these out of an ordinary user's PATH. */
const SYSTEM_FOLDERS = [
	"/usr/local/sbin",
	"/usr/sbin",
	"/sbin"
];
/** The folders of a PATH, then those of system programs: where KIWI's programs are looked for and run from. */
function searchFolders(path) {
	return [.../* @__PURE__ */ new Set([...path.split(":").filter((folder) => folder.startsWith("/")), ...SYSTEM_FOLDERS])];
}
/** Which of the tools this machine lacks, in their order. Looks at files only and runs nothing. */
async function missingTools(tools, folders) {
	const present = await Promise.all(tools.map((tool) => isPresent(tool, folders)));
	return tools.filter((_, index) => present[index] === false);
}
async function isPresent({ look }, folders) {
	switch (look.kind) {
		case "program": return await findProgram(look.anyOf, folders) !== void 0;
		case "file": return (await stat(look.path).catch(() => void 0))?.isFile() === true;
		case "python-venv": {
			const python = await findProgram(["python3"], folders);
			return python !== void 0 && await hasEnsurepip(python);
		}
	}
}
/** The path of the first of some programs that is in one of the folders and executable. */
async function findProgram(names, folders) {
	for (const name of names) for (const folder of folders) {
		const path = join(folder, name);
		if ((await stat(path).catch(() => void 0))?.isFile() === true && await access(path, constants.X_OK).then(() => true, () => false)) return path;
	}
}
/**
* Whether the library of a Python holds `ensurepip`. A python3 without a library beside it is a script of pyenv or the
* like in front of the real one: such Pythons are complete.
*/
async function hasEnsurepip(python) {
	const real = await realpath(python);
	const version = /^python(3\.\d+)/.exec(basename(real))?.[1];
	const libraries = [];
	for (const folder of ["lib", "lib64"]) {
		const library = join(dirname(dirname(real)), folder);
		const wanted = (await readdir(library).catch(() => [])).filter((name) => version ? name === `python${version}` : /^python3\.\d+$/.test(name));
		libraries.push(...wanted.map((name) => join(library, name)));
	}
	if (libraries.length === 0) return true;
	const modules = libraries.map((library) => join(library, "ensurepip/__init__.py"));
	return (await Promise.all(modules.map((module) => stat(module).catch(() => void 0)))).some((entry) => entry?.isFile());
}
// src/host/privileges.ts
/** Finds out by the user id, then by whether sudo works without a password. */
async function findPrivileges(uid = process.getuid?.()) {
	if (uid === 0) return { kind: "root" };
	try {
		await runCommand("sudo", ["-n", "true"], { timeoutSeconds: 20 });
		return { kind: "sudo" };
	} catch (error) {
		if (error instanceof CommandError && !wasAskedToEnd(error)) return { kind: "none" };
		throw error;
	}
}
/**
* The command line that runs a program as root.
*
* @throws HostError where there is no way to become root
*/
function asRoot(privileges, program, args) {
	switch (privileges.kind) {
		case "root": return {
			program,
			args
		};
		case "sudo": return {
			program: "sudo",
			args: [
				"-n",
				"--",
				program,
				...args
			]
		};
		case "none": throw new HostError("host-root", "building needs root", "run as root or with password-less sudo");
	}
}
// src/host/install.ts
const LOCK_SECONDS = 300;
const PAUSE_SECONDS = 5;
/** How long a package may take to be unpacked and configured. */
const PACKAGE_SECONDS = 120;
const OLD_LISTS_SECONDS = 86400;
/** The packages that bring some tools on a distribution, each once, and the tools for which none is known. */
function packagesFor(tools, distribution) {
	const named = tools.map((tool) => distribution ? tool.packages[distribution.packages] : void 0);
	return {
		packages: [...new Set(named.filter((name) => name !== void 0))],
		unknown: tools.filter((_, index) => named[index] === void 0)
	};
}
/** Whether packages are known that bring all of them. */
function canInstall(tools, distribution) {
	return distribution !== void 0 && packagesFor(tools, distribution).unknown.length === 0;
}
/** The command that installs packages without asking and without what they only recommend. */
function installCommand(packages, { installer }) {
	switch (installer) {
		case "apt": return aptGet([
			`-oDPkg::Lock::Timeout=${LOCK_SECONDS}`,
			"install",
			"--yes",
			"--no-install-recommends",
			...packages
		]);
		case "dnf": return {
			program: "dnf",
			args: [
				"install",
				"--assumeyes",
				"--setopt=install_weak_deps=False",
				...packages
			]
		};
		case "zypper": {
			const args = [
				"zypper",
				"--non-interactive",
				"install",
				"--no-recommends",
				...packages
			];
			return {
				program: "env",
				args: [`ZYPP_LOCK_TIMEOUT=${LOCK_SECONDS}`, ...args]
			};
		}
	}
}
/** What to say where tools are missing and we were not asked to install them: all of them, and the line to copy. */
function missingToolsError(missing, distribution) {
	const { packages, unknown } = packagesFor(missing, distribution);
	const remedies = [];
	if (distribution && packages.length > 0) remedies.push(`run \`sudo ${{
		apt: "apt-get install --no-install-recommends",
		dnf: "dnf install",
		zypper: "zypper install --no-recommends"
	}[distribution.installer]} ${packages.join(" ")}\` or set install-tools`);
	if (unknown.length > 0) remedies.push(unpackaged(unknown, distribution));
	return new HostError("host-tools", `this machine lacks ${listed$1(missing)}`, remedies.join("; "));
}
/**
* Installs the packages that bring the missing tools, then looks again. Does nothing where none is missing.
*
* @throws HostError where the distribution is none that we know, a tool has no package, we cannot become root, or a
*   tool is still missing afterwards
* @throws CommandError where the package manager fails
*/
async function installTools(installation) {
	const { missing, distribution, report } = installation;
	if (missing.length === 0) return;
	const { packages, unknown } = packagesFor(missing, distribution);
	if (distribution === void 0 || unknown.length > 0) throw missingToolsError(missing, distribution);
	const { program, args } = installCommand(packages, distribution);
	report.group(`Installing ${packages.join(" ")}`);
	try {
		for (const tool of missing) report.info(`${tool.name}: ${tool.reason}`);
		if (distribution.installer === "apt") await installByApt(packages, {
			program,
			args
		}, installation);
		else await run({
			program,
			args
		}, installation);
	} finally {
		report.endGroup();
	}
	const still = await missingTools(missing, installation.folders);
	if (still.length > 0) {
		const brought = packagesFor(still, distribution).packages.join(" ");
		throw new HostError("host-packages", `${listed$1(still)} still missing after ${brought} was installed`, `see what \`${program} ${args.join(" ")}\` prints, and install what brings it`);
	}
}
async function installByApt(packages, install, installation) {
	const { report } = installation;
	let updated = await listsAreOld(installation.listsFolder ?? "/var/lib/apt/lists", installation.nowSeconds) || (await unknownToApt(packages, installation)).length > 0;
	if (updated) await updateLists(installation);
	const unknown = await unknownToApt(packages, installation);
	if (unknown.length > 0) throw new HostError("host-packages", `apt does not find ${unknown.join(", ")} in the sources of this machine`, "add a source that has them (on Ubuntu: `add-apt-repository universe`) or install the tools in another way");
	for (;;) try {
		return await run(install, installation);
	} catch (error) {
		if (updated || !(error instanceof CommandError) || error.outcome.kind !== "exit") throw error;
		report.info("apt-get failed; trying once more with fresh package lists");
		updated = true;
		await updateLists(installation);
	}
}
/** `apt-get update` gives up at once where another one holds the lock of the lists, whatever Lock::Timeout says. */
async function updateLists(installation) {
	let failures = 0;
	for (let waited = 0;; waited += PAUSE_SECONDS) try {
		return await run(aptGet(["-oAcquire::Retries=3", "update"]), installation);
	} catch (error) {
		if (!(error instanceof CommandError) || error.outcome.kind !== "exit") throw error;
		const locked = error.lastLines.some((line) => /could not get lock|unable to lock/i.test(line));
		if (!locked) failures += 1;
		if (failures >= 3 || waited >= LOCK_SECONDS) throw error;
		installation.report.info(`apt-get update ${locked ? "waits for another apt" : "failed"}; trying again`);
		await setTimeout$1(PAUSE_SECONDS * 1e3, void 0, installation.signal ? { signal: installation.signal } : {});
	}
}
async function listsAreOld(folder, nowSeconds) {
	const names = (await readdir(folder).catch(() => [])).filter((name) => name.includes("_Packages"));
	if (names.length === 0) return true;
	const times = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).mtimeMs / 1e3));
	const fetched = (await stat(folder)).mtimeMs / 1e3;
	return nowSeconds - Math.max(fetched, ...times) > OLD_LISTS_SECONDS;
}
async function unknownToApt(packages, { signal }) {
	const { stdout } = await runCommand("env", [
		"LC_ALL=C",
		"apt-cache",
		"policy",
		...packages
	], { ...signal && { signal } });
	return unknownPackages(packages, stdout.toString("utf8"));
}
/** Which packages `apt-cache policy` knows no candidate of; it says nothing at all about those it never heard of. */
function unknownPackages(packages, policy) {
	const known = /* @__PURE__ */ new Set();
	let name = "";
	for (const line of policy.split("\n")) {
		name = /^(\S+):$/.exec(line)?.[1] ?? name;
		if (/^ {2}Candidate: (?!\(none\))/.test(line)) known.add(name);
	}
	return packages.filter((wanted) => !known.has(wanted));
}
function aptGet(args) {
	return {
		program: "env",
		args: [
			"DEBIAN_FRONTEND=noninteractive",
			"LC_ALL=C",
			"apt-get",
			...args
		]
	};
}
async function run(invocation, { privileges, report, signal }) {
	const { program, args } = asRoot(privileges, invocation.program, invocation.args);
	await runCommand(program, args, {
		onLine: (line) => report.output(line),
		stopSignal: "SIGINT",
		graceSeconds: PACKAGE_SECONDS,
		...signal && { signal }
	});
}
function unpackaged(tools, distribution) {
	const names = tools.map((tool) => tool.name).join(", ");
	return distribution ? `no package of ${distribution.id} is known to bring ${names}: install it in another way` : `this is no Debian, Ubuntu, Fedora or SUSE system whose packages we know: install ${names} yourself`;
}
function listed$1(tools) {
	return tools.map((tool) => `${tool.name} (${tool.reason})`).join(", ");
}
// src/host/devices.ts
const REMEDY = "give the container --privileged -v /dev:/dev, or build on the machine itself";
/**
* Whether the nodes of devices appear by themselves: only the kernel's own filesystem makes that of a partition when KIWI
* adds it (OSInside/kiwi issue 2293). A container has a /dev of its own, with the nodes of the moment when it was made.
*
* @param mountinfo proc_pid_mountinfo(5): mount point in field 5, the filesystem's type behind the hyphen
*/
function hasDeviceNodes(mountinfo) {
	const mounts = mountinfo.split("\n").map((line) => line.split(" "));
	const type = (fields) => fields[fields.indexOf("-", 6) + 1];
	return type(mounts.findLast((fields) => fields[4] === "/dev") ?? []) === "devtmpfs";
}
/**
* Why KIWI could not make a disk of a file on this machine.
*
* @param losetup path of the program
*/
async function deviceLacks(privileges, losetup) {
	const lacks = [];
	if (!hasDeviceNodes(await readFile("/proc/self/mountinfo", "utf8"))) lacks.push(new HostError("host-devices", "no partition of a disk appears in /dev, which is no devtmpfs", REMEDY));
	const reason = await loopLack(privileges, losetup);
	if (reason !== void 0) {
		const remedy = `load the module loop (modprobe loop), detach one that nobody uses (losetup --detach), or ${REMEDY}`;
		lacks.push(new HostError("host-devices", `this machine has no loop device for the disk (${reason})`, remedy));
	}
	return lacks;
}
/** losetup(8) asks /dev/loop-control for a free device, which loads the module, else looks through /dev. */
async function loopLack(privileges, losetup) {
	const { program, args } = asRoot(privileges, losetup, ["--find"]);
	try {
		const { stdout } = await runCommand(program, args, { timeoutSeconds: 20 });
		const device = stdout.toString("utf8").trim();
		return (await stat(device).catch(() => void 0))?.isBlockDevice() ? void 0 : `${device} is not there`;
	} catch (error) {
		if (!(error instanceof CommandError) || wasAskedToEnd(error)) throw error;
		return error.lastLines.at(-1) ?? error.message;
	}
}
// src/host/facts.ts
/** Whether KIWI makes a disk for EFI: firmware.py, with the defaults of defaults.py for ARM, RISC-V and LoongArch. */
function isEfi(facts) {
	const standard = /^(aarch64|arm|riscv|loongarch)/.test(facts.architecture) ? "efi" : "bios";
	return ["efi", "uefi"].includes(facts.firmware ?? standard);
}
// src/host/kernel-filesystems.ts
/** The kernel's name of a filesystem, where KIWI's differs. */
const KERNEL_NAMES = {
	ext2: "ext4",
	ext3: "ext4",
	fat16: "vfat",
	fat32: "vfat"
};
/** KIWI's names of the filesystems that it mounts to build a disk; it fills squashfs and erofs without mounting them. */
function mountedFilesystems(facts) {
	const mounted = facts.filesystems.filter((name) => ![
		"swap",
		"squashfs",
		"erofs"
	].includes(name));
	return [.../* @__PURE__ */ new Set([...mounted, ...isEfi(facts) ? ["fat16"] : []])];
}
/**
* Which filesystems the running kernel can neither mount now nor load a module for. Empty where that cannot be told,
* as in a container without the modules of the machine.
*
* @param names KIWI's names
* @param root where the machine's file tree starts
*/
async function missingFilesystems(names, root = "/") {
	const modules = await kernelModules(root);
	if (modules === void 0) return [];
	const active = await readFile(join(root, "proc/filesystems"), "utf8").catch(() => "");
	const isUsable = (name) => new RegExp(`^(nodev)?\\t${name}$`, "m").test(active) || new RegExp(`/${name}\\.ko(\\.\\w+)?(:|$)`, "m").test(modules);
	return names.filter((name) => !isUsable(KERNEL_NAMES[name] ?? name));
}
/**
* The files of the modules of the running kernel, loadable and built in, a line each.
*
* @returns empty where the kernel loads none and has what it has; undefined where they cannot be seen
*/
async function kernelModules(root = "/") {
	const modules = join(root, "lib/modules", release());
	const isFile = async (path) => (await stat(path).catch(() => void 0))?.isFile() === true;
	if (await isFile(join(root, "proc/modules")) && !await isFile(join(modules, "modules.dep"))) return void 0;
	const read = (name) => readFile(join(modules, name), "utf8").catch(() => "");
	return (await Promise.all(["modules.dep", "modules.builtin"].map(read))).join("\n").trim();
}
/** The error to throw where the kernel lacks filesystems. */
function missingFilesystemsError(names) {
	return new HostError("host-kernel", `the running kernel ${release()} has no ${names.join(", ")}, which the description uses`, "install the modules of this kernel (on Ubuntu: linux-modules-extra-$(uname -r)), or choose another filesystem");
}
// src/host/kernel-drivers.ts
const DRIVERS = [
	{
		name: "device-mapper (dm-mod)",
		module: "dm-mod",
		device: "device-mapper",
		when: ({ lvm, luks, integrity, architecture }) => Boolean(lvm || luks || integrity) || architecture.startsWith("s390")
	},
	{
		name: "dm-crypt",
		module: "dm-crypt",
		when: ({ luks }) => luks === true
	},
	{
		name: "dm-integrity",
		module: "dm-integrity",
		when: ({ integrity }) => integrity === true
	},
	{
		name: "software RAID (md)",
		module: "md-mod",
		device: "md",
		when: ({ mdraid }) => mdraid === true
	}
];
/**
* Which drivers the running kernel neither has now nor has a module of. Empty where that cannot be told.
*
* @param root where the machine's file tree starts
*/
async function missingDrivers(facts, root = "/") {
	const wanted = DRIVERS.filter(({ when }) => when(facts));
	const modules = await kernelModules(root);
	if (wanted.length === 0 || modules === void 0) return [];
	const texts = ["proc/devices", "proc/misc"].map((path) => readFile(join(root, path), "utf8").catch(() => ""));
	const devices = (await Promise.all(texts)).join("\n");
	const isThere = ({ module, device }) => {
		if (device !== void 0 && new RegExp(`^ *\\d+ ${device}$`, "m").test(devices)) return true;
		return modules === "" ? device === void 0 : new RegExp(`/${module}\\.ko(\\.\\w+)?(:|$)`, "m").test(modules);
	};
	return wanted.filter((driver) => !isThere(driver)).map(({ name }) => name);
}
// src/host/namespaces.ts
/**
* A mount and a process namespace of its own: what KIWI mounts and starts in there ends with it. And nothing of it
* outlives the process that starts it, however that ends.
*/
const PROTECTION = [...[
	"setpriv",
	"--pdeathsig",
	"KILL"
], ...[
	"unshare",
	"--mount",
	"--propagation",
	"private",
	"--pid",
	"--fork",
	"--kill-child",
	"--mount-proc",
	"--"
]];
/** Why no build can be kept apart on this machine, if it cannot. */
async function namespaceLack(privileges) {
	const { program, args } = asRoot(privileges, PROTECTION[0], [...PROTECTION.slice(1), "true"]);
	try {
		await runCommand(program, args, { timeoutSeconds: 20 });
		return;
	} catch (error) {
		if (!(error instanceof CommandError) || wasAskedToEnd(error)) throw error;
		return new HostError("host-namespace", `root may not make namespaces here (${error.lastLines.at(-1) ?? error.message}), without which a build can leave mounts`, "run on the machine itself, or in a container with --privileged");
	}
}
// src/host/machine-lacks.ts
/**
* What a machine lacks to build a description that no package brings: rights, what the kernel has, devices. All of it.
*
* @param folders where programs are looked for, `searchFolders(PATH)`; those that are missing are asked nothing
*/
async function machineLacks(facts, privileges, folders) {
	const mayAsk = privileges.kind !== "none";
	const paths = [
		"setpriv",
		"unshare",
		"losetup"
	].map((name) => findProgram([name], folders));
	const [setpriv, unshare, losetup] = await Promise.all(paths);
	const [filesystems, drivers, namespaces, devices] = await Promise.all([
		missingFilesystems(mountedFilesystems(facts)),
		missingDrivers(facts),
		mayAsk && setpriv && unshare ? namespaceLack(privileges) : void 0,
		mayAsk && losetup ? deviceLacks(privileges, losetup) : []
	]);
	const kernel = [...filesystems, ...drivers];
	return [
		...rootLacks(privileges),
		...namespaces === void 0 ? [] : [namespaces],
		...kernel.length === 0 ? [] : [missingFilesystemsError(kernel)],
		...devices
	];
}
/** Where there is no way to become root. */
function rootLacks(privileges) {
	try {
		asRoot(privileges, "true", []);
		return [];
	} catch (error) {
		if (error instanceof HostError) return [error];
		throw error;
	}
}
// src/host/kiwi-version.ts
/**
* Whether a kiwi-ng version comes before another.
*
* @param version `MAJOR.MINOR.PATCH`, or `system`: whatever a distribution has counts as older than all, since the
*   tools that only old versions want are small
*/
function isOlder(version, than) {
	if (version === "system") return true;
	const left = version.split(".").map(Number);
	const right = than.split(".").map(Number);
	for (const [index, wanted] of right.entries()) {
		const part = left[index] ?? 0;
		if (part !== wanted) return part < wanted;
	}
	return false;
}
// src/host/tool.ts
/** A tool that is a program, or one of several that do the same. */
function program(name, reason, brought) {
	const anyOf = typeof name === "string" ? [name] : name;
	return {
		name: anyOf.join(" or "),
		reason,
		look: {
			kind: "program",
			anyOf
		},
		packages: brought
	};
}
/** A package that has the same name everywhere, but for the distributions named apart. */
function everywhere(name, apart = {}) {
	return {
		debian: name,
		ubuntu: name,
		fedora: name,
		suse: name,
		...apart
	};
}
/** A package of Debian and Ubuntu, which packs more finely, and what brings the same elsewhere. */
function onApt(name, elsewhere) {
	return {
		debian: name,
		ubuntu: name,
		...elsewhere
	};
}
// src/host/kiwi-needs.ts
const always = () => true;
const fromPypi = (facts) => facts.kiwiVersion !== "system";
const msdosTable = (facts) => isEfi(facts) ? facts.efiPartitionTable === "msdos" : !facts.architecture.startsWith("ppc64");
const kpartx = (facts) => facts.architecture.startsWith("s390");
const apt = (facts) => facts.packageManager === "apt";
const rpm = (facts) => ![
	"apt",
	"pacman",
	"apk"
].includes(facts.packageManager);
const manager = (name) => (facts) => facts.packageManager === name;
const filesystem = (pattern) => (facts) => facts.filesystems.some((name) => pattern.test(name));
const squashfs = (facts) => filesystem(/^squashfs$/)(facts) || facts.overlayroot === true && (facts.overlayrootType ?? "squashfs") === "squashfs";
const erofs = (facts) => filesystem(/^erofs$/)(facts) || facts.overlayroot === true && facts.overlayrootType === "erofs";
const utilLinux = everywhere("util-linux");
const mounting = onApt("mount", {
	fedora: "util-linux",
	suse: "util-linux"
});
const fdisk = onApt("fdisk", {
	fedora: "util-linux",
	suse: "util-linux"
});
const cryptsetup = onApt("cryptsetup-bin", {
	fedora: "cryptsetup",
	suse: "cryptsetup"
});
/**
* What KIWI calls on the machine that it builds on, read from the sources of 11.1.6 and, where older ones differ, of
* 9.24.61. What it calls in the root tree of the image (dracut, all of grub, systemd-boot, useradd and so on) has to
* be among the packages of the description and is no need of the machine. Package names: KIWI's own
* package/python-kiwi-spec-template, and mkosi's mkosi-tools for those of foreign package managers.
*/
const kiwiNeeds = [
	need("python3", "KIWI is written in Python", everywhere("python3"), fromPypi),
	{
		tool: {
			name: "python3-venv",
			reason: "KIWI is installed into its own Python environment",
			look: { kind: "python-venv" },
			packages: onApt("python3-venv", {
				fedora: "python3",
				suse: "python3"
			})
		},
		when: fromPypi
	},
	need("kiwi-ng", "kiwi-version says that this machine has KIWI", onApt("kiwi", {
		fedora: "kiwi-cli",
		suse: "python3-kiwi"
	}), (facts) => !fromPypi(facts)),
	need("mount", "KIWI mounts the filesystems of the disk with it", mounting, always),
	need("umount", "KIWI unmounts them with it", mounting, always),
	need("mountpoint", "KIWI looks for mounts with it", utilLinux, always),
	need("losetup", "KIWI attaches the disk with it", mounting, always),
	need("unshare", "the build runs in its own mount namespace", utilLinux, always),
	need("setpriv", "the build ends with the job by it", utilLinux, always),
	need("setsid", "the build is a group of processes by it", utilLinux, always),
	need("flock", "builds at one time agree with it on the folder of packages", utilLinux, always),
	need("partx", "KIWI makes the partitions visible with it", utilLinux, (facts) => !kpartx(facts)),
	need("lsblk", "KIWI looks at the disk with it", everywhere("util-linux", { suse: "util-linux-systemd" }), always),
	need("blkid", "KIWI reads the UUIDs of filesystems with it", utilLinux, always),
	need("blockdev", "KIWI reads the size of partitions with it", utilLinux, always),
	need("chroot", "KIWI works in the root tree with it", everywhere("coreutils"), always),
	need("bash", "KIWI starts scripts with it", everywhere("bash"), always),
	need("tar", "KIWI unpacks the base system with it", everywhere("tar"), always),
	need("find", "KIWI measures the root tree with it", everywhere("findutils"), always),
	need("rsync", "KIWI copies the root tree into the disk with it", everywhere("rsync"), always),
	need("apt-get", "KIWI installs the base system with it", onApt("apt", { fedora: "apt" }), apt),
	need("zcat", "KIWI reads the changelogs of packages with it", everywhere("gzip"), apt),
	need("dpkg-deb", "KIWI unpacks the base system with it", onApt("dpkg", { fedora: "dpkg" }), apt),
	need("debootstrap", "this version of KIWI makes the base system with it", everywhere("debootstrap"), (facts) => apt(facts) && isOlder(facts.kiwiVersion, "10.0.28")),
	need("gpg", "this version of KIWI reads the keys of repositories with it", onApt("gpg", {
		fedora: "gnupg2",
		suse: "gpg2"
	}), (facts) => apt(facts) && isOlder(facts.kiwiVersion, "11.0.0")),
	need("rpm", "KIWI sets up the package database with it", everywhere("rpm"), rpm),
	need("rpmdb", "KIWI sets up the package database with it", everywhere("rpm"), rpm),
	need("zypper", "KIWI installs the base system with it", everywhere("zypper"), manager("zypper")),
	need(["dnf4", "dnf-3"], "KIWI installs the base system with it", everywhere("dnf", { fedora: "python3-dnf" }), (facts) => ["dnf", "dnf4"].includes(facts.packageManager)),
	need("dnf5", "KIWI installs the base system with it", everywhere("dnf5"), manager("dnf5")),
	need("microdnf", "KIWI installs the base system with it", { fedora: "microdnf" }, manager("microdnf")),
	need("pacman", "KIWI installs the base system with it", onApt("pacman-package-manager", { fedora: "pacman" }), manager("pacman")),
	need("apk", "KIWI installs the base system with it", { fedora: "apk-tools" }, manager("apk")),
	need("sgdisk", "KIWI partitions the disk with it", everywhere("gdisk", { suse: "gptfdisk" }), always),
	need("fdisk", "KIWI partitions the disk with it", fdisk, msdosTable),
	need("sfdisk", "KIWI sets the types of partitions with it", fdisk, msdosTable),
	need("parted", "this version of KIWI marks the boot partition with it", everywhere("parted"), (facts) => msdosTable(facts) && isOlder(facts.kiwiVersion, "10.3.5")),
	need("kpartx", "KIWI makes the partitions visible with it", everywhere("kpartx"), kpartx),
	need("dmsetup", "KIWI removes the partition maps with it", onApt("dmsetup", {
		fedora: "device-mapper",
		suse: "device-mapper"
	}), kpartx),
	need("mkfs.ext4", "KIWI makes the filesystem with it", everywhere("e2fsprogs"), filesystem(/^ext[234]$/)),
	need("mkfs.xfs", "KIWI makes the filesystem with it", everywhere("xfsprogs"), filesystem(/^xfs$/)),
	need("mkfs.btrfs", "KIWI makes the filesystem with it", everywhere("btrfs-progs", { suse: "btrfsprogs" }), filesystem(/^btrfs$/)),
	need("mksquashfs", "KIWI makes the read-only filesystem with it", everywhere("squashfs-tools", { suse: "squashfs" }), squashfs),
	need("mkfs.erofs", "KIWI makes the read-only filesystem with it", everywhere("erofs-utils"), erofs),
	need("mkdosfs", "KIWI makes the EFI partition with it", everywhere("dosfstools"), (facts) => isEfi(facts) || filesystem(/^(fat|vfat)/)(facts)),
	need("mkswap", "KIWI makes the swap partition with it", utilLinux, filesystem(/^swap$/)),
	need("cryptsetup", "KIWI encrypts the disk with it", cryptsetup, (facts) => facts.luks === true),
	need("lvcreate", "KIWI makes the volumes with it", everywhere("lvm2"), (facts) => facts.lvm === true),
	need("mdadm", "KIWI makes the RAID with it", everywhere("mdadm"), (facts) => facts.mdraid === true),
	need("veritysetup", "KIWI makes the verity hashes with it", {
		...cryptsetup,
		fedora: "veritysetup"
	}, (facts) => facts.verity === true),
	need("integritysetup", "KIWI makes the integrity data with it", {
		...cryptsetup,
		fedora: "integritysetup"
	}, (facts) => facts.integrity === true),
	need("strings", "KIWI looks for the EFI folder in grub with it", everywhere("binutils"), (facts) => isEfi(facts) && (facts.bootloader ?? "grub2").startsWith("grub2")),
	need("openssl", "KIWI hashes the passwords of users with it", everywhere("openssl"), (facts) => facts.plainPasswords === true),
	need("patch", "KIWI applies fstab.patch with it", everywhere("patch"), (facts) => facts.fstabPatch === true)
];
function need(name, reason, brought, when) {
	return {
		tool: program(name, reason, brought),
		when
	};
}
// src/host/tools.ts
const ours = [program("skopeo", "it fetches the base and pushes the image", everywhere("skopeo")), program("qemu-img", "it reads and converts the disk", onApt("qemu-utils", {
	fedora: "qemu-img",
	suse: "qemu-tools"
}))];
/** Programs that unpack archives which Node cannot. */
const unpackers = {
	xz: program("xz", "it unpacks the base", onApt("xz-utils", {
		fedora: "xz",
		suse: "xz"
	})),
	bzip2: program("bzip2", "it unpacks the base", everywhere("bzip2"))
};
/** All that a job needs whose images are in a registry already. */
const ofRegistries = [program("skopeo", "it reads the images and pushes their index", everywhere("skopeo"))];
/** What the machine has to have for a job. Wrapping a disk needs skopeo and qemu-img, and what unpacks its base. */
function toolNeeds(facts) {
	if (facts.source === "registry") return ofRegistries;
	const unpacker = unpackers[facts.basePacking ?? ""];
	const always = unpacker === void 0 ? ours : [...ours, unpacker];
	if (facts.source !== "description") return always;
	const ofKiwi = kiwiNeeds.filter((need) => need.when(facts)).map((need) => need.tool);
	return [
		...always,
		...ofKiwi,
		...(facts.keyrings ?? []).map(keyringTool)
	];
}
function keyringTool(keyring) {
	return {
		name: keyring.path,
		reason: "the signatures of the repositories are checked with it",
		look: {
			kind: "file",
			path: keyring.path
		},
		packages: keyring.packages
	};
}
// src/kiwi/requirements.json
var requirements_default = {
	origin: "Generated, not written. Made with uv 0.13.9 from PyPI: printf 'kiwi==11.1.6\\npoetry-core\\n' | uv pip compile --universal --python-version 3.9 --generate-hashes --no-header --no-annotate - ; the block of kiwi itself went into the second list, all others into the first.",
	dependencies: [
		"annotated-doc==0.0.5 ; python_full_version < '3.10' \\",
		"    --hash=sha256:117bac03a25ede5df5440e855b32d556049ca169ead221505badf432fed4b101 \\",
		"    --hash=sha256:c7e58ce09192557605d8bbd92836d7e1d520ac9580096042c0bfd197efacf1bb",
		"annotated-doc==0.0.6 ; python_full_version == '3.10.*' \\",
		"    --hash=sha256:361ca0950cc7082f53fa69e9328409f40a62c61e57e0a47e1825a08078a58a53 \\",
		"    --hash=sha256:7969bb69912085b2285849c0dcac0b4b374fd180c13cf10a87f284ffcf347bbf",
		"annotated-doc==0.0.7 ; python_full_version >= '3.11' \\",
		"    --hash=sha256:0a30ef8f5322a4173720ae6712dc9a5e58f5a19868f3f167b4b5778db066c2b5 \\",
		"    --hash=sha256:6bc31bbbec6dfaaedc1676dbc11dbda96fe22a2b5c400e9ebad113fec44a9dc6",
		"annotated-types==0.8.0 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:13b2beaad985e05e2d6407ee4c4f35590b11f8d693a258a561055cac8f64cab7 \\",
		"    --hash=sha256:f072f4d804ea359e4eaf198b1af7a8b0943881a87f31bb764f8bf219bb9419e0",
		"cerberus==1.3.8 \\",
		"    --hash=sha256:46c029e3e2a4735408ed36bec14ef2cbf3e50d8ebe47fb34ee1e54b2da814df2 \\",
		"    --hash=sha256:579554887ffd189226774b87570f4a76db75cf0efcbaffcacd5e98b8ee877f61",
		"certifi==2026.10.18 \\",
		"    --hash=sha256:73191c47aaa79da394e8fee2dbc2ec827432cab56311122c9e47abf79e390f62 \\",
		"    --hash=sha256:b9995d97b64d0431a5af837d8ca8cd6238104d1f319f04bd93ea43124d6c861e",
		"charset-normalizer==3.5.2 \\",
		"    --hash=sha256:01077390b03f7988f11d700a2194e69b119741a86b1a638b1db88891e3eced8e \\",
		"    --hash=sha256:01b0c0d2262a9e28e8484a278c7e1b5d650e3ac8cf2683d2967e25899f208bdf \\",
		"    --hash=sha256:04851f73ae72b8413dddadb16a49dfee95263553741fd42d546f7d66907e6be5 \\",
		"    --hash=sha256:0521c5665880b33d603717defa76c094048900010897909952397feb3039da56 \\",
		"    --hash=sha256:0774bf9bf620249fee3e0b8b9fd3065de213be30f3aa94ce2494b3b638949e26 \\",
		"    --hash=sha256:0891b9d3903c5571c03771ca669a4b0ec5618ca722a5c957d3d29cd4e5062848 \\",
		"    --hash=sha256:0c951d5e6dd9c2ff60609476752bee49da4206adde960ebc247766937f72e718 \\",
		"    --hash=sha256:0fed1d06615f022ee3b13caf5e8b180cfea32bb2c5aded8a9d44277afc040f93 \\",
		"    --hash=sha256:114e4d0c92d618409ed82a99e22b5c5e768fe995f2973f78265f4524f49d4640 \\",
		"    --hash=sha256:11912e4bb14baae7c5d8791aa55ba0a3a03ec6729073307b0f57270abaa713d3 \\",
		"    --hash=sha256:11a4d68a6ecda3292cb1e50239e111543ba5d709bb62a6b4ea1afcfa729d8875 \\",
		"    --hash=sha256:124fbf1a8ff966d87ae05bb8bd45a71f966055ed8bba320d0c7cf450bc5f4d0e \\",
		"    --hash=sha256:1461ac396c4fdb983a675f20aa555624f0ee18ac83d832b9244ffff3d8055275 \\",
		"    --hash=sha256:1503bccbeb36d5527790c3930327704c39af22de3112f1b1666a9f3ce15ee204 \\",
		"    --hash=sha256:15bb4005af6320d259dc7593ca84a38d7fe06a421dbcf7b910ae23979101e787 \\",
		"    --hash=sha256:15c44f7edfd477b06f517a5cc317fc1707edb9de2c865f43d4b6513907473234 \\",
		"    --hash=sha256:16fa0eccf81304b79c5cd87f9271c3b85dd9dd99245e4422ae9c0dd45e0f99d3 \\",
		"    --hash=sha256:183b88127acdb4fabe59d951ab424faf1af7b63cdbb5f776186c1ea2ffcaed98 \\",
		"    --hash=sha256:195c26fb65950f8fce54e26349852b7bdd7c5f120aeefbcc440b8a20faaed4a3 \\",
		"    --hash=sha256:1afb975bd5d68d5ce9f6b6d44fdf2f7e34b895a35e95708a7a91b20a3b51d187 \\",
		"    --hash=sha256:1b4cbc7c3491ccb4aa17fcd8165649d01cf39f76de1696da8631b5f71b85401d \\",
		"    --hash=sha256:1bc0baf5ef96b6ede57d47f4b8fe4d9d84019c3bfcbeb20a41edc6a6ee341f1f \\",
		"    --hash=sha256:1c50fe28bbc2ced33386f298650d91218076c05420e6cbd790b913adc41659e7 \\",
		"    --hash=sha256:1db38f4c5496827c1a501846d64d14c3b80c7e6714e406cd7dc36a9899fa1011 \\",
		"    --hash=sha256:211d5a3eb6af8f513b8d4ca19a8c1b7accab1b5f0d3175f9826b03c1a920dc1f \\",
		"    --hash=sha256:23851fb4e1b85ed3f6c2a27b777cdfe2e19fb5b38429a8faf38c7542b7665869 \\",
		"    --hash=sha256:254eb48b9fa5ee9898a3c445825a1f340fe53712a098904b39b0bddba8ea3cb1 \\",
		"    --hash=sha256:2625388c6c754520c37abaf3b41eb34d1cc4a373f457898f08606c8e362b891d \\",
		"    --hash=sha256:281cb91036248400f4cc957495cccd44c275c2e0c5854f7e45ac5cf7dc193847 \\",
		"    --hash=sha256:28a15fdad492a99b6eccfaaed66ef3f74050680545ea61ec8b2f4c538f1f1320 \\",
		"    --hash=sha256:28b4f0d66fb834ff90f28209ac7bce77868c45d8c93e26f906709d9b7c2e1af9 \\",
		"    --hash=sha256:2a925889534b3748302dae5dead07cc13480de1dac3aea80a941b729b471ef93 \\",
		"    --hash=sha256:2b7b3bbfb4fe8ef40600792d762fbaa9057559f9d3fad209525b7a22b99e91fd \\",
		"    --hash=sha256:2c9ad19a6cfcd5ea5c0d41161d22f9df1dcc277e9bef2751391334546a314c00 \\",
		"    --hash=sha256:2cc961b171b3f3440f410489ab3573e86aea8736134ebbb40ea1338b7f0831bc \\",
		"    --hash=sha256:2ce45c6627b22c47e390bc91a41c3d13032192e699fa0bea96e9671b373d69b0 \\",
		"    --hash=sha256:2e06a3a98f916dd41d27f3105e02e7a40181c98c94b9158733d03a6f80506c09 \\",
		"    --hash=sha256:304d5463e65a35d7bb0850550e0780395395f6fcf452f04db7d5ca7cecc425ac \\",
		"    --hash=sha256:304d8e4d493af723536393eee0c689eb7813f4a474c8b479dee63f1fdd98f621 \\",
		"    --hash=sha256:30fcd120b732aa79317f08dee04d7de0847822e4cf7ee0e9f445bb958832252c \\",
		"    --hash=sha256:31f3930700408d211f13378ccbe1c40845d8da54bd0681fac3a9b5aae81c7aa8 \\",
		"    --hash=sha256:34276fd796040bf0993ab33a369aa572e6979c7aab225a88893667ad8eac8f7a \\",
		"    --hash=sha256:355ad8011081dec5412240c087a9a0c9d4d5039f3ed11a3f13e18c2b29b56c51 \\",
		"    --hash=sha256:38a873987f3be698494da8b2e3085e29da02da7b633dce73e79c699a113d7bf0 \\",
		"    --hash=sha256:39de2a259fc954455c57274dc94c79d5842774e1247a016aff30bc0efed0f4ef \\",
		"    --hash=sha256:3d14b50de6bf4d0edf857a9386836846f982b8f524e188e2e68b96d702bcf4aa \\",
		"    --hash=sha256:3d21b8b13c7592db2ac5e544a6d83187b995257472b0c9e8351b6d507ae37ed6 \\",
		"    --hash=sha256:3d31298449090ab8d47b7b1b2a555ff73cac7ed438a08b7ac160980c7ebed649 \\",
		"    --hash=sha256:3ddacd27458c45bdacd6bd6db644bfb730efbf9e830310186e3045c9c5be8fb2 \\",
		"    --hash=sha256:3df041de8887954562c9b261cba85ca0e9ded74048daf125f45edcfaa4832229 \\",
		"    --hash=sha256:40ab6bffa02ae10a0581e6c198be7d2d8ca5c2a0c64e4ed3465d766df457573e \\",
		"    --hash=sha256:4275811936e2f06feff5e598fb42a1b7ae852da8e39605211892b56b81a34efd \\",
		"    --hash=sha256:443eae2bf318abeaf6f15d785138f71fd6de770e99a92158b8b814265e079115 \\",
		"    --hash=sha256:447441e76ec720b15e64418d32e092297340387053047c7c694f579efb0ee1d9 \\",
		"    --hash=sha256:4495c5002a7b28557e7e222e77e0b661183e432b7d6d2e788101e3f240e05b8c \\",
		"    --hash=sha256:44bd4fbb29dfbeba60e7d2bd000c59e4b21ddb3cc53912b14048d37092706d7c \\",
		"    --hash=sha256:4685902cf26edf013ed7a3da0f426ebba7a00ebb9541386d835afbf002c11cab \\",
		"    --hash=sha256:498dc3188ca05a68231ac3fdbfc7f57eb67e1343c30e0fea17f8218c1599b253 \\",
		"    --hash=sha256:4c2b5031f63e331e3839b40aed2dd6f191e9c07edbde303e7876846ea1946995 \\",
		"    --hash=sha256:4d48f2d08b9de5864e2c8744d4461b862fb149a18274abc8b698c45975573438 \\",
		"    --hash=sha256:4f87960d57feabfb618e4e0af6e7371645fa26a277860739d6e5d6e0012c92f0 \\",
		"    --hash=sha256:50e3adfb96fc189eb27b1cf62d3b598b89b4bb0420d93a3d3e42e137409011be \\",
		"    --hash=sha256:51cf45226a9b588d0d2b4880c62d686934b63ab0bd79ca23ab0e9762eb27441b \\",
		"    --hash=sha256:52aa6992700996af31f375de0c6bacd402b0097fe40b53c426b9f51a90ebabc7 \\",
		"    --hash=sha256:55ea99acb17b9325618de155a0cd6a2e8f5d10be008113e1d433bbb58db543b2 \\",
		"    --hash=sha256:56bc200a365efb37383b7852e4cc5898d3b2da5987289b543956cf8cad71018a \\",
		"    --hash=sha256:588461c2e8384d309bd63e5826019b6977bc66d629b99ac8737bb795d7b2cb5a \\",
		"    --hash=sha256:58ca3755ee7ff7f59b57789ec9833c9de9ea275405cdd240eda1f193112e398a \\",
		"    --hash=sha256:58f361dcbab699cf8f42db3f47c8e7fd1036f138c23a5d08de9fde5f425a730c \\",
		"    --hash=sha256:598a11a2c7ebaa5334bf698bf29568c9c390abac6a154d8170fedecd1cea38c5 \\",
		"    --hash=sha256:59f63901b0031c3136cf64704dcb21de0bbae62ce2c9529bc39d27665463de37 \\",
		"    --hash=sha256:5cde776b7cc66e4f6c99612cea4aa7269aa65863f7a15841b2c264f103822f4e \\",
		"    --hash=sha256:5e2b6b57e9733d39f0c9fd3185efa6b8e29652c4cd8fe94180272cf6ed9a78c4 \\",
		"    --hash=sha256:5fb29fb8cd1a46c27a1bf9613ad5ec2599310d46b4025d9556404a6b6a292800 \\",
		"    --hash=sha256:6045373d5a89a5ec71afde535db987ca28e76dfa276c2d4c818265b375d4b055 \\",
		"    --hash=sha256:619799369eeef6366ed3e8755a5670f4f2f0fb6b30a0fd7264dc0fdc2357058e \\",
		"    --hash=sha256:62588a277bfb59def052abd940703fa35107152bf479781a878617d60faf8fb5 \\",
		"    --hash=sha256:62603db9a7caa0802eaa28c1c46fecd7b3a263a774069c24c3c28c302448721c \\",
		"    --hash=sha256:65cd72beeeca9d3aaea1201e5923859f308f952f9c71de93f06063c79f0f7a3b \\",
		"    --hash=sha256:68eb192d85ab8e5f6ec69c2bc6ac0179fbf04a5ac1569d12fbef74883fe102d0 \\",
		"    --hash=sha256:6bd128f206a7752ae1f2ab6c61bf8a24ba28913a10df8b14c2637b973ff97a80 \\",
		"    --hash=sha256:6be488a102b8cf28d0391d8c4ba7748938ae28b78ad901f8585520fca33ead1a \\",
		"    --hash=sha256:7218e8f32b0956cfcd048fd42d9d5779809745ca1d86113ca56f66e7ae1549c4 \\",
		"    --hash=sha256:7441d755b7ab94f8d4eb3e43ec05482d760842fd263d003a99102d742cd835e2 \\",
		"    --hash=sha256:749e97e1b32313717a565abbe321bc2190bc8b35f1a67e4cdbc7c56c8d8ffe58 \\",
		"    --hash=sha256:75a3ceed0724d625d64b86ca20aba182e4df462e04c2414fc941c0f523f06aac \\",
		"    --hash=sha256:780fbe7cab297b81dad9fb8dc5eb003c0468ffb0d9e5f65068c53a34661a96bc \\",
		"    --hash=sha256:78456a747de8dc58360ffa581f30a002baf5aa28cb262536545e91f113ed7639 \\",
		"    --hash=sha256:7967d08cf06dee78443b874f98c98036f624f3a4e73e11f9f64f5be4d25393cf \\",
		"    --hash=sha256:7a881931aa470808df94a8c380eed2bbbc76cd9dc622310f99665658c821eb6d \\",
		"    --hash=sha256:7dcd882da75ef9adf94903b1e3b9419e8aa8fb4c7396822b834b9ef7fb96954f \\",
		"    --hash=sha256:7e841fb9010836c992c9f12fcbd43a831de93a5f726fc1ccd8ca1d0268c5014c \\",
		"    --hash=sha256:7fdde2c9fd9e3eca40631e024664cf2584272cc8f96308cbe5fdfc930f51d8bc \\",
		"    --hash=sha256:8024d00c3faf3fc0c16e07a69f4405e8eac7cc0ab15f65fe6cf43827c4cf72b4 \\",
		"    --hash=sha256:80d02b6f04e92601a081dd97b23d3128033098bff5d35d392ddcc0476ea11253 \\",
		"    --hash=sha256:838dcc90063569a0448120554591a1d6c4a4ffe11babf048908793154ab86ade \\",
		"    --hash=sha256:849df64e889b2e17230d58410a03dba311a65b163508fd33679b2b737d4b7858 \\",
		"    --hash=sha256:87475fabc8d9996fd9c27debb395e642e8c838d78a00b6e932227a0e06b81e26 \\",
		"    --hash=sha256:87e50a3e7cb90af586b6c5faf23e302a970415ac73bd7bd90a515a04b427ef96 \\",
		"    --hash=sha256:89b53f3cda69831909888e0494f4fa0bcd3537e3e138dabeb620bd6ad946bae8 \\",
		"    --hash=sha256:8a893cc101149f80a653f82062ebc95b34525a2614382e1da5458fe7c6997249 \\",
		"    --hash=sha256:8b2bfab86aa71ae13aa41a6a26aab338e0db2b8bc75434b05aea89e011ff35a4 \\",
		"    --hash=sha256:8d86d6fc60743dc916eb79e2eb1ec4818e21e427731543af40a3021851174a13 \\",
		"    --hash=sha256:915563965d418f986e7e145accc592eae9e1a1be3566ff98a05d7a9ec42a76e1 \\",
		"    --hash=sha256:92888bb3187c5ba50500b00b3b310c9f2c651709d28036077680cb5255450a03 \\",
		"    --hash=sha256:93223adc95033dd47133a46ccfc316a0139176fd79085762e27202ec56018f03 \\",
		"    --hash=sha256:9373ad13ef0d2c0fb761e04e55bfdee5a08b52cef2c882c8fbe9935b1517152e \\",
		"    --hash=sha256:9409a8bf35cf78353942504b24a57de3d75b708997a1e4bd8db71ac8633ce364 \\",
		"    --hash=sha256:9b7f416ff0978e2f2249330527f0ad6fa02f4932e6199692d3b52da2048c19e4 \\",
		"    --hash=sha256:9bde855991b7e362c146535e3136a50bfaffc0487d38b33ca7e5edefc6e23849 \\",
		"    --hash=sha256:9cae88599c7219005d879f98e5ed53341e9a122af585e1091200358a3003d2a0 \\",
		"    --hash=sha256:9cf9b1a857e25c4baceeb3624e92a56df3668f398c4acba74e174d81fb4d1d3a \\",
		"    --hash=sha256:9f56f72050826f63dcee7a7f55b0a77168cb3bfc553fd405e7f8f9ece75a4036 \\",
		"    --hash=sha256:a090bb2c68df85450502e3e20d665e3a5af9c65a84d6508ed477badd49166fd3 \\",
		"    --hash=sha256:a192e2c40070d92c3ccf777e3a5c4ff515573cd2bb7ed0c537fdadbbec5bbf21 \\",
		"    --hash=sha256:a19a731138fc27d5682277d3b9df22855cea1239bce7fcec5f78f42ef2d1f3c3 \\",
		"    --hash=sha256:a66c3bc5ab1f0ff2164fc9965ddd611ff0802173f4b9d24554c563f6ab7e1d6e \\",
		"    --hash=sha256:a815775b6c38d4e0ff7bcffbeba67feded90202bb6a226b8dd35f1c855217413 \\",
		"    --hash=sha256:a89012d6d5476ee112d20d998570ed58df2260a852afb1758809cd6900411d21 \\",
		"    --hash=sha256:ae4f5fea5b8b8ccff88238cc8569303e5ee95efae67fa62922a311397a71f346 \\",
		"    --hash=sha256:b6856554c4f44d79fc2307d5768854310a8f0096e501c75637542c82292b0429 \\",
		"    --hash=sha256:b6b751274acb69d77b3323d6b7dbaa3c7fdfc1eb829b7eb61d262f32e1af9685 \\",
		"    --hash=sha256:b736353c0a625bbd5fcec108576e2385db3496f4f771f785ff32e108d3c3bc45 \\",
		"    --hash=sha256:b7fd005a73d9e657273b7a10dc71a9e03c8fb9ee6999798d6918ce095b81ac7f \\",
		"    --hash=sha256:b91363207bd9dc966a691e959bb47f64b30f7ac4b072be9968b366982f7db77c \\",
		"    --hash=sha256:ba0b1d2620edf869789c3879223f52bf2afc5d31b3cb47cc57b3a12c05e2aa9d \\",
		"    --hash=sha256:bbbfc8e28816f19d7c0f1816664980c0a9875d01b27cdf8eedddb639d9e108ad \\",
		"    --hash=sha256:bd16aabe4a02a297c23417aa17ac6299dbd8c49f673bcd645b4929b11f5a4400 \\",
		"    --hash=sha256:c0afc6800ba57ccc350374c5bd6150419915d95ce93cdbab2d783d75eaf30ecb \\",
		"    --hash=sha256:c6708715abcf3c73b99508253e961a9967f02fe536532834149574eda6de0d1c \\",
		"    --hash=sha256:c7c9ab723cde841fefb34efbad91e87f00a674b1fe1cd0784fde742bf2c154dc \\",
		"    --hash=sha256:c8f3d67aeaf55f017982b73683f0e7342ba2f6635a78f69ce89ebb26aa411e5c \\",
		"    --hash=sha256:c9790464842f85f437dbbb54417eda1e0e6bfc52dd8d22d6fd1c994b73b2dc74 \\",
		"    --hash=sha256:ca403d7e4798f525fdfc78e258820419cbbd0f0ecbab9de7840e3c017cf6b8cf \\",
		"    --hash=sha256:d008d90a7f2471519aef0c90dfbe73b3e6e4d5e66ac48e19154c17e89e98b604 \\",
		"    --hash=sha256:d19fbd981a488e22cd04883659ca6b08f50b5974f9fd7c95655ef6a043e5893f \\",
		"    --hash=sha256:d1befeed746d247c81127bb14de9dc3d30edb6e5976d34f83f86ed262b1d9105 \\",
		"    --hash=sha256:d2374b62878abb00cd8309b32af6c0b715cd02dec0ca74ef12e5069bdc64144a \\",
		"    --hash=sha256:d376bbd28b3a8999db1a103b3b388aee6f1ddeb3e51bc2172993efdcd86e064d \\",
		"    --hash=sha256:d4a7319f304a774bed22115bc891618e45f85065ab44ea6acd07d274e750519a \\",
		"    --hash=sha256:d6734d2ef8a50fbf8445c139477da401f50d62a0606bf00e20ec6d87773fefb1 \\",
		"    --hash=sha256:d760fe2a4d7c3b226cb9026d6a842868d52a7901bd98420e1baf14e80da85cf5 \\",
		"    --hash=sha256:d913de495d90407cd859d263bee2e5d1a4ed3eb6573c04e70d9ec619a7cbed7f \\",
		"    --hash=sha256:db19d07e2e0129e974a0e65d0064fc222a446cd5122c2fd4184d2af9fc734a9e \\",
		"    --hash=sha256:dca9ab98072a5a54ebacebdc45f53e645336b320c667410b061be1ca588ae709 \\",
		"    --hash=sha256:ddc7dacc8ece3a182e7f15cb862d1fd616b46d076cb1ae9dd232b2c38b655874 \\",
		"    --hash=sha256:ddf19c062bea7a0cc80f519243d2c01dd091be0cf952a0750d4ad576709559f5 \\",
		"    --hash=sha256:def79fa35ef0cef8d2accec024f4fdc7ead3012ff02f5215c783f39f03ef8cfc \\",
		"    --hash=sha256:df29a0a7107f7011e77f4eebdddec4c7331e24d787a0b21a46d63bdf7445da95 \\",
		"    --hash=sha256:e09a3942ecbdee5cce73ea9d42da82b81b72ac1bf031ce069b93b5adf4eac8cd \\",
		"    --hash=sha256:e242bb1c5e76e97dfa9e7f209a71e93a01d7f19ffdd5cfbb2e2d55b4f08f8ab0 \\",
		"    --hash=sha256:e243bd13217235fc7290c621941c3f5cc8b66e4872495be821d7436ba2fb838d \\",
		"    --hash=sha256:e2af3aad578aa6bd1384bcf4750fc285e5a9de53f40b7d41e5a0bf748edeb2b3 \\",
		"    --hash=sha256:e4e81e09c1578b8df602e3db08b0b3ea0a6947ad612f52bf8dc5ea8d47691f0c \\",
		"    --hash=sha256:e54da4baf05720032d527874d40b65fa4d7e5c6c6a43d0c3adbeffcaf275a2b3 \\",
		"    --hash=sha256:e80e6c2f55656b4824d72065abb4ddd6a525c74bd78a0aab5d9fc2cf4fb5af50 \\",
		"    --hash=sha256:ed2a239c0ea213acc1908150a3037257083c7c083128f1a4cec2ec4b97dca491 \\",
		"    --hash=sha256:ed905975ab14056a2e5eb1c376cb2e1ebc5396baf84163939c518556fccde9f5 \\",
		"    --hash=sha256:ee21e28f0430bd6dc9086c6e525d5e818a44a5ad19720c8a0ef766792f3eb5e5 \\",
		"    --hash=sha256:ee43c17b173d46a3212baa6ead3ae258eeabdae48c263a01ccf0218c366dd655 \\",
		"    --hash=sha256:ef4fcbf3327382cd4c9f540babd61248208af7b93eec4de397b4d5f58a09e288 \\",
		"    --hash=sha256:eff0ac9dbe711a4aee69bf04a83896aa9b85f19641264053a9f6d48573abb7dd \\",
		"    --hash=sha256:f0aa869112ef88429ae17820d99c3dd9504c9e9c671d3c246f3d7442cb051084 \\",
		"    --hash=sha256:f3c96f633825733f735c5a9cf21d21a257d8e1edf0b1cee0a064b9c424ca0f7d \\",
		"    --hash=sha256:f5833ad231be5eb6553de524a70f48d71b2c8563101750531e0b80184e175cd4 \\",
		"    --hash=sha256:f5ec61164adcec446f8969a3358ec3f9b26bbda3b9213e5586d219afa8df2915 \\",
		"    --hash=sha256:f7d486c83842422badd511868fd8a9a20e9407ace71564b6af47ce7e60a336c1 \\",
		"    --hash=sha256:fb9e68df06293761f9fe66ade60a9bc6d0f5e42b8acf2939a9158af86ab0e5bd \\",
		"    --hash=sha256:fc14a032f813bf5fe624d991960ea83e9715adc27e4c1830a2361eb1d02ac341 \\",
		"    --hash=sha256:fcff63213e8e6e47770541a4607175404f47cbb3ebea7b6058cc82d524a0e424 \\",
		"    --hash=sha256:fd1fbe0f116b6e55da77aca2c6ddcddcfac2186cbf78bdebf40fc156efca389d \\",
		"    --hash=sha256:fe9753dfee015c570d73df76f899f18444d41388bffcde097deba51c4fadbb9f",
		"click==8.1.8 ; python_full_version < '3.10' \\",
		"    --hash=sha256:63c132bbbed01578a06712a2d1f497bb62d9c1c0d329b7903a866228027263b2 \\",
		"    --hash=sha256:ed53c9d8990d83c2a27deae68e4ee337473f6330c040a31d4225c9574d16096a",
		"colorama==0.4.6 ; sys_platform == 'win32' \\",
		"    --hash=sha256:08695f5cb7ed6e0531a20572697297273c47b8cae5a63ffc6d6ed5c201be6e44 \\",
		"    --hash=sha256:4f1d9991f5acc0ca119f9d443620b77f9d6b33703e51011c16baf57afb285fc6",
		"idna==3.20 \\",
		"    --hash=sha256:a7db850025b95ded1eae8a46181a1a6c56c92c96f0e2b005d9ff8dc0210cab44 \\",
		"    --hash=sha256:ab7ae7122974553370f0bdb919e1a960b2cd1bc1ef0276416d896db81c14582c",
		"lxml==6.1.3 \\",
		"    --hash=sha256:032a0a97eed428bd143c75a11118238546424ceb2fa311cca5f073aa44658dc4 \\",
		"    --hash=sha256:05f5bce9af14fd1506997594bd81cee6d9c6b58ea80a39c058327aa6371ed9e9 \\",
		"    --hash=sha256:0794e04ba343852c6d78e996c58ef4b8e579b4ecc72f8df0d4058bf843b4c96e \\",
		"    --hash=sha256:0ab2467e405e748d93495fb5568e74044802b8d3ff2b2a1607c3f78c6e982de5 \\",
		"    --hash=sha256:0bf5a3e397df2ec4258eb5eea4c1ac6cf013ca1abd04a176903bff20a70021fe \\",
		"    --hash=sha256:0c0710ac085a157b593c38fbcacd950f15c4afa8e2057527185875ab302752bc \\",
		"    --hash=sha256:0dee106e9aa97fb00541b1ed7827070564d0549c3d3fba8920e6b20fd980f748 \\",
		"    --hash=sha256:0f17d83c48ee9dfd96abae3ac3e2108c76d2fc86ce96355e37b8da9f7f4ecc08 \\",
		"    --hash=sha256:0feebef8d0521188d0157f758356072e840173aa61ca45b8b3f87959ac283dd5 \\",
		"    --hash=sha256:13a620a3fcc20023f9e6ed5c383e00e826f1c2d5db554df2f67240760f9118e8 \\",
		"    --hash=sha256:13d22c0d57355366b393936acf6b98a5e0edeadddd3fccbc6a846c50a76b8741 \\",
		"    --hash=sha256:160fcf381f76c3aeac28a756bec44f48942a8f7245a87aa28e3a523b4d90cd87 \\",
		"    --hash=sha256:16148acd77ed1d8836a56db883af2f5eed720f9723088110b16a0d08582130a6 \\",
		"    --hash=sha256:170773d8a3cdc76259065523ddd978c44f9806e28605f08812e8f86783e44ac6 \\",
		"    --hash=sha256:18293f8a8d8b6a8e71ef37706b659e3846a4261232158167b1ddf35f6994f633 \\",
		"    --hash=sha256:18a4db52b5a7b53a3540b0b0f4123319334621ee8083d496de314d0bf06ff59a \\",
		"    --hash=sha256:1a635e837b50a1819bebfedaac5916498ea024120969da8790500148fb0a894d \\",
		"    --hash=sha256:1aeca87830c4fe649dcf93fe2b059525b71c72587f21be4ae4af7103082a79fa \\",
		"    --hash=sha256:1b7c37339d7e75cab9a123a04248e243cefefb302ad6db566ea0c77cbcde421e \\",
		"    --hash=sha256:1beb0f9909b26cee938df9ba56b15252a84429b1fc30ce6fca161390b9789a70 \\",
		"    --hash=sha256:20384c2bbcbf87180c8c61eb60869699c1ec0cd09b62cfd13804022d860b0867 \\",
		"    --hash=sha256:20428910dae17a1a93152a3ff2c0441d2f4932992c0797d65651dd0561f1792f \\",
		"    --hash=sha256:207dfc3d47cf0e575e643bbc140dacc8863b39abaa1e5307cd64c7f2365b8a12 \\",
		"    --hash=sha256:209c3ccbfe35a04ac6d24f0611f9d1cbf8025d49991b14acd935236234d6c156 \\",
		"    --hash=sha256:2123e5aa075ac20d23c7af489255efd129cbfe190dbe88fd42598cc9df3199b6 \\",
		"    --hash=sha256:21402998e4b78e7cce237d2788841aaa21ac9a4d1574d04dc2d12ee41ae807b5 \\",
		"    --hash=sha256:2221e88679d1351e9a40aaee54bc65679b9795bbd0160bc3d5e36b163344eb75 \\",
		"    --hash=sha256:22eec57e26c418cde02c051ce9914a365e52a7f135a565c6f0480242aeebab48 \\",
		"    --hash=sha256:23c366231259cd75ad06495174701afb3fcb36a92917fa47de2d1f1bd9d95739 \\",
		"    --hash=sha256:25f4118c438f96bb466e83108506d03d5c31b1bd2387e83e5b070bda6ded9c37 \\",
		"    --hash=sha256:28a23fefdb345b2d4d0ff2860571b5ff9a89a28b6a120f720e8fb0324d346626 \\",
		"    --hash=sha256:290f66b97ede0e552e1cb44a0fd8a74f9753ee635b50830a0b122fb72788d015 \\",
		"    --hash=sha256:2b9b1325ca1c2a9a2dbb6eb913ae563313f2082ae60b03210f7e83ee80712274 \\",
		"    --hash=sha256:2bec13085dc8ef48a3fe62f7dfcacfeda2c785cdf19cc8eeda2bb9ed081da165 \\",
		"    --hash=sha256:2cae5d5c90a62d9139c512a0cb1aad1d182b022b5740daea2617eb5bf7fc658e \\",
		"    --hash=sha256:2e01125896585139453cab8cb235893644d8815d7509520da95ae3ee8d1c1f79 \\",
		"    --hash=sha256:2e62c569ec7531b679b184cbfe335c501c1d13c4b363560013019962eb630e6d \\",
		"    --hash=sha256:2f5b2a2b9811b853b39bfa41367c6d78747b8e3e80e07fc5a24aae295c1a4d7d \\",
		"    --hash=sha256:302f72413251c03f671e063c9414bed5dc8c927069e5abb69245521e51a4e81b \\",
		"    --hash=sha256:32a409be3190b088f960ac92bfedfbef2f86c49ff940765e1548177592d20026 \\",
		"    --hash=sha256:33cadd956b667997e4de1635fce9541f2e8ede2038fcde8cf55aa14d571d1bad \\",
		"    --hash=sha256:379f8a75cf6eb7eef0af074b55f49ab73b868388a98de14646abcdfa4564bb11 \\",
		"    --hash=sha256:3847e71a78cbbc1aff955dbbbaf2fff12153f611d3162c5beaa3395636cbc2f9 \\",
		"    --hash=sha256:38fc4e4e4e084e0bd491949482527d406788045c546d4f8789e93fc527b91385 \\",
		"    --hash=sha256:3a27ac6c780c8b8a1cd231b58407634cafc1c4cc28cd6c7141362df0f36351e7 \\",
		"    --hash=sha256:3a48093cdb058a93af842ede9703520e810b05dcd0fc6d7190a06376c3bfb6bd \\",
		"    --hash=sha256:3e42265103fb385d8642a78672edf376c6f7e1d3598a7a4f9cb1278f2f6b5f6f \\",
		"    --hash=sha256:3e9a00d1c2c30936f7add097c41afc5da6556c580909104aafd382cac92a855c \\",
		"    --hash=sha256:40983eabefd13da003e68170928c7acc011f0d095eefce5871a3c71c9385fb9a \\",
		"    --hash=sha256:40bcbd9f94166ffe925811e730607385cec959f42fb1bb7dad83748680465221 \\",
		"    --hash=sha256:41096ec0740a58dad03d3ae0c7486d306d20becefb13ceb1649835ab3eb64167 \\",
		"    --hash=sha256:415e3a115c0d510e329020012834d1c0aa1c581ee53a218603e38abbc1dea70a \\",
		"    --hash=sha256:41e2d428110b408e963b6fb18f9bbf1f5c027b56bd4b498d54556476c0aeb1c3 \\",
		"    --hash=sha256:424aa5657141d306ba9ad1baab4b2c0a0719040075ee6c66aee9bb2dea2b5054 \\",
		"    --hash=sha256:42632b4024ab24a6b488f559ac851312509888b6b80ae2aa11cf29a646a0d245 \\",
		"    --hash=sha256:45222d94ddd511536f3b2f7d9deae3b2339b4ce0f075f1ca25703b07cad9dd21 \\",
		"    --hash=sha256:4736e6c87e603146d8949d8501da621ad20c31015060d3fcf95ace2859f3e3e6 \\",
		"    --hash=sha256:48542c9acba9ff9450bd18d871d2c2c8787fdb283572b623d206f1b927cd7d9e \\",
		"    --hash=sha256:49fbc2682a9306135b7ec49e93f97f9c26689b9b7f96ed2742d8d6497e994d13 \\",
		"    --hash=sha256:4a579dfb9c835f8ab47f4b8ed33440cbc75b806b73297208e6ec2a33e903740b \\",
		"    --hash=sha256:4b061064b4a2fe8598a466d723d43dbcd5a610a5d5cfe02fb6226f5c17349f75 \\",
		"    --hash=sha256:4e11e885e0704be185867fcf71b904d8f65d7d6877bc121f69870b0d0479ba7b \\",
		"    --hash=sha256:4f4db7c7e954d289d71878938348b3d91b904a3e8210a11939359fb758a58e7d \\",
		"    --hash=sha256:527195c188d7d0af748cd48d220ab8cdc5cb99be3d49ac4d9be7324d8abf9bc0 \\",
		"    --hash=sha256:53258656846f5c48996b882fb4b135885e088a3ad3d96b4bc0530f95124d1f69 \\",
		"    --hash=sha256:545ccc14fb05485f48b4439ec35beb16d5b5280eb6c81c658bd4707a2a119414 \\",
		"    --hash=sha256:5609efdb0d3c95499c00046bc53648b3482ec2175b5503d6e611b3f0555dc71d \\",
		"    --hash=sha256:5929d9df5e7e3379183be0e21f7d559618a5b61cb63280df6164019242e337ed \\",
		"    --hash=sha256:5a143e6207579de8baeded4eaac9134413200359f1969d636f0bfb98ee8c3c8f \\",
		"    --hash=sha256:5a721a98c649855963811b59b55755b30566e7f7fc40bdc9803d66dee9f811cf \\",
		"    --hash=sha256:5cffe18571ccc51d742cd08cbb3f8b756de9311d18c7ea98f5d92f37b8fb60c2 \\",
		"    --hash=sha256:5d12669a2c419b0e8dc423d23dea24bb82f6f9cb829f32e04674b0ba40322a7c \\",
		"    --hash=sha256:5d582042c69857c364e8153de6e18e0da9b7b515a6a8113caf69a6ec8e0520f2 \\",
		"    --hash=sha256:61116cec57ed69aebc70f37a545eec095339bb829efbdabcfb97c51e9536e158 \\",
		"    --hash=sha256:611a51e61c92f62345a50b0035df6fc0d678f9299f33728826d831598862f59d \\",
		"    --hash=sha256:623c8799c17128753c65699f1c3aa32402657393a9ad6db09ed8b98ddf76611d \\",
		"    --hash=sha256:6374e9e382e5a98c9c5e66d41b357b470da1c54bce30f17f9dc4bcc58436cc1c \\",
		"    --hash=sha256:66299564c046bc7e0cc5de5106601eae907e9fa5904cd68a323380a8502f7861 \\",
		"    --hash=sha256:69cafd61aea04ebb3502c93c2aaa568b12931ca0802231e0b5de76bf8b6e74bd \\",
		"    --hash=sha256:6a406d0b3cb207b0fa460ed4dc93e866f44f105da0169361cb18ff998a44c7f0 \\",
		"    --hash=sha256:6ba4fe5bfbef6811a8e49b3719cde373ad399006c0c1ac184b7297116ecbba5d \\",
		"    --hash=sha256:6cd11e7550d89e551a87dcec30f04b1fca32e86b68708aa01a4daa455d8605e5 \\",
		"    --hash=sha256:6e1eb8a4cbffd5553680ad96be6680e364710656eced73d1dc90ec489df599a3 \\",
		"    --hash=sha256:6ea2f13dce778ca072ccee598bca46a092ce192e8fd907b6c1f0e52c800529a0 \\",
		"    --hash=sha256:71532ebf30be0048a45559b4fab15333fbaaf9042f658e878d918ecd0cf09805 \\",
		"    --hash=sha256:73fc05988ed20809450474ba760a87c8ad4e455fc09783c02195e56ec634b41a \\",
		"    --hash=sha256:75cc6569e86be5785b6188ef1642670c6adbc984e81ec35e224842ecd9eefcc8 \\",
		"    --hash=sha256:773062aec2f2e56b2b22d37054123f0de8a22a4688a0c3376c3fe42685f975cf \\",
		"    --hash=sha256:7ae4949f212a53b007dbc355884fda122545c5764a54256c9217e419a62a6559 \\",
		"    --hash=sha256:7b2bb7d703bed7ac893bf7f40d97b5d9279d35d2ce460624ca28929eab0d5a3d \\",
		"    --hash=sha256:7d0f5976aa2701996f759b30172925829867547bb073af0ae67d1307a0f0262c \\",
		"    --hash=sha256:7d5a748d12dd9b535e0a130f60dae9ddf0adafbabe61e7864f55c7436c84547a \\",
		"    --hash=sha256:7dd624c1eaa629ad44b59a1a0145fdf2d67895592dce94c9358b938b3d075e65 \\",
		"    --hash=sha256:7f75b9b9fec2a9c6b18095c81865580e795b1441c429e42d22fcc82a77f40039 \\",
		"    --hash=sha256:83e3a51e7933db700a0da0db31849db3a24022d9970da9bb73001e1d0326fd92 \\",
		"    --hash=sha256:8499d464de86fab0f102313cce32a9bed9ab1f06ec813cf025cb790964fbb765 \\",
		"    --hash=sha256:869dfcd4d381cb0ea87085cc4f011b9171b494ef21e76ad8665f6d5e2d1dc8a1 \\",
		"    --hash=sha256:8753b8d51dbc86fd335ee31fcf7f3658e9f5c016d4edfb23f76ad295f4b8c9d0 \\",
		"    --hash=sha256:887c021d9a977cff89cb273047c1352997b772a8908a25c21836861f69b92be1 \\",
		"    --hash=sha256:88e719b9437f148f7e1465df845c758dd1598618cbea3a2fd1e61a715542f2b2 \\",
		"    --hash=sha256:8a330c0ee5fa318c7b5cbbaad882baeca3f570357e7eb25ab34bf31008150758 \\",
		"    --hash=sha256:8db38ff3fb7aee7d6a82ae4da2eef1178656fe1216841fbd24870062a9d60473 \\",
		"    --hash=sha256:8e49a646acfab83c68974f4aa1d0a2acca9e88d7d627ae0fc13201b14b76d310 \\",
		"    --hash=sha256:909f4e927bb051f7740d6367285fc60cdcfdaf0258c2dba4ff5ba7eadadc250c \\",
		"    --hash=sha256:90f709b9accab6b2e4d14f5c8718203877a0486bcb3afd74d8b539ecd1e961d4 \\",
		"    --hash=sha256:92d96586376fb79a33474797186bf993250152ee5c32650b67db78d54b92e6f3 \\",
		"    --hash=sha256:93476b6514b373fc6ca67d26c442784f7807c86f00635bfe79f935c3eab2af17 \\",
		"    --hash=sha256:97acecb11cbc411473f15b8d780df06d7a9f3a2aad9aca78364f56640c8fb70e \\",
		"    --hash=sha256:97ce49699d87ebf8aad631b55d65b33219a4f1bfefbbf5bff19dc9af160aeaf9 \\",
		"    --hash=sha256:9bde9ae026a55b9a192078dfa6e27dd0ca4a050171ab6272e92f97b757dfdf48 \\",
		"    --hash=sha256:9e67324961ac9bbe616cce5100514d2e34d88665aeb07071e8b16eac55d06d94 \\",
		"    --hash=sha256:9efe56a68179f3adc4de41861c9358931db03837c48dd5e1c78077b84dd07f3a \\",
		"    --hash=sha256:a1932d7ce78a561367512c594fe66eac2b2ec9b9264cfd9b5f950622f4a116e2 \\",
		"    --hash=sha256:a1cec0f99b9b914d39176347a93b7610dc09324491aee1cbc57cd291a41a1d55 \\",
		"    --hash=sha256:a2e3f70673a1d5b82f38255f777d26cd855bf2092b1436c4867464a7892f9238 \\",
		"    --hash=sha256:a43b3bdf11e477dc7770609d3477316f974354dfc8425d596f64f471cc8daf6e \\",
		"    --hash=sha256:a5c18810318303ce9afb3f95e2ddb54834f96fa699a8600433fd5a93dcf44c56 \\",
		"    --hash=sha256:a7eb78ba28b187e1e9203a55c60fcf70df2d22cb205fe6d51b9383d6097419f0 \\",
		"    --hash=sha256:aa633613ff907ea91b9b0489a1f0da1b8725d8c6ccec6b77e8a1c9c235044bb0 \\",
		"    --hash=sha256:aa9fd1ee2a5dacfc41039ed49ffeeacfa75bafbd255b69f3b578e11897a0e623 \\",
		"    --hash=sha256:ace1d2c83b2bd24db5940600541140e87a325e119cb32d5fa9ad720d7e76648e \\",
		"    --hash=sha256:b1cc980905221a5d8b3c476330730b3adb40ff80add71ffbdb6215ba055656f1 \\",
		"    --hash=sha256:b37772102d44bb6628186accca3a121b1fa3a6b3d97518a8c29a5229ca4c0d0a \\",
		"    --hash=sha256:b3ff39654f0ce6ebd4db154211136dbe7e8157bcc3bed2344c87f32c7c6ecb6c \\",
		"    --hash=sha256:b477912f42c5c33405a10c759d22f80cf5af043ae02d95b9d8e5e5bc555739ed \\",
		"    --hash=sha256:b49638355ea3bebba70da783ccbc630fd72afa16bc46c54474bfa1f9a915bbc6 \\",
		"    --hash=sha256:b4fc6b03b9d9d90557274f571ab30e7fbbfc527955536935d96f98b6817a86e4 \\",
		"    --hash=sha256:b50343241eb69fd85f7791cf8bcc7b1c4729826b7d59ba2f6b27db29638fa745 \\",
		"    --hash=sha256:bc8dd3d9c93e70c3df974a201ac2958b6d77b465d813c51d1f15fa8e645763ae \\",
		"    --hash=sha256:be5346653c0b0e34be96869ff9dbeba23860156f89a2896a64c64fb419260cb6 \\",
		"    --hash=sha256:c00e26288784460885fe76e4d4b293573e0f791f52e6d60e27b42edf005922eb \\",
		"    --hash=sha256:c1b50797ac246bb2942a04b6c0f69af0667aba7cf7535f39bbb1b3208fd5d128 \\",
		"    --hash=sha256:c34ca1dc41bd86d9ff830d5bdf4e4a752bba6c54f7d2707027ce0eabd36084c9 \\",
		"    --hash=sha256:c55e71a9b1db1f107efb60da49c093689b74c5c31a708e5379e2fd9439d4fbb5 \\",
		"    --hash=sha256:c581b1d68b3845fb86c6b2983e755b29bf001461c59fa411d2c26a911b6559a9 \\",
		"    --hash=sha256:c59e4265608da6a041f54646ecc0c9ecdbb19aaf14c4c684bb6c2114998cc415 \\",
		"    --hash=sha256:c5e7ce578aa8a80910a72a8ca0bbea3baae10100827249001999726a788456d8 \\",
		"    --hash=sha256:c66f858b82497173f73366795fc6ee8171620e75a338506d6b2e7bc16f5fca11 \\",
		"    --hash=sha256:c6c0c13128a32eb04a51357e56a094e13aa8e6d3d1884de2e9ae923f6915e1a8 \\",
		"    --hash=sha256:c9389b3784b56c58d933b5e0aecdf28f901b073ff385358d8a7d40907f6e14b2 \\",
		"    --hash=sha256:ca0ec532ad2f5ba1e5ec120ac157769c57f01855b3d8bf37213f5d88abd9ba0a \\",
		"    --hash=sha256:cad7617727a96d189bd6f979d0fadf765198c7934e85f4edaba9bf3ad919a300 \\",
		"    --hash=sha256:cae82b5ca24b0c2beedb269f6e2a96f466acd926879ab00ae19f1a65cbf9ffb0 \\",
		"    --hash=sha256:cc669256d28736f7f3a149df5c380c50ace2692ba3e62203d10656fade4a2145 \\",
		"    --hash=sha256:ce1f220114959941170e22b8ad44279f6dee2dcef7591814d01ae805dc058889 \\",
		"    --hash=sha256:cfb398886a7eb4c719161c3efcff2a1248febc53a4d8e5072d2d8a87fed84ac9 \\",
		"    --hash=sha256:d077f21f4b16f0471353883748f126f62038760397c107bb9fad2ca94dc0dfb7 \\",
		"    --hash=sha256:d0c5c362bc94f1929dc7e96e715bbe7bd17037f802e6d8f0d1545df9133c0559 \\",
		"    --hash=sha256:d2765c18ce303149ee804b1f3dad11232726dd0a702d73a15cf19179ac8cc962 \\",
		"    --hash=sha256:d44442effeb8781f392340c5dc8c6716fba41dbeacb82fd4c0f09026fb5ff682 \\",
		"    --hash=sha256:d85dfab42dd672f87a7f76e9de7172962aee69fa12044f0d6e1a23cbd53fb80e \\",
		"    --hash=sha256:d97c5227621af74b111882a290b10f371780a38eef9d9e730408fba2259b52fb \\",
		"    --hash=sha256:d9a0d12846d6ce434fb3857918eef4315ec9b4769deb020c75828798614bfcfd \\",
		"    --hash=sha256:d9b3e7d71bf6acff341233417abbdface29c647e3113892d9aaedc02eb4aa2bc \\",
		"    --hash=sha256:da707f14ea3c35ee463d50acd596d6488e4b2b4ae7cf77a5bf93f55c023d63e8 \\",
		"    --hash=sha256:da85db328e507da922d586c3c7416ec360ec22e9cd9e0700691afacde0c81f53 \\",
		"    --hash=sha256:dc205732d593118cf701d986f40e9de7801bb2e371cb189ddbda9b7348f4d97e \\",
		"    --hash=sha256:dc3a44689eea43eab836e5c98a8ab015dc2419987d1ea6eafc7c590cdff86bed \\",
		"    --hash=sha256:dd5e90f34cffcfed97f36cf066325773d2b6021c60c29942e53a18b028501b1d \\",
		"    --hash=sha256:ddcf547bea2aee967d6a77779376a45e77e610e8465147a1f3d7e20d539d6e32 \\",
		"    --hash=sha256:e477aca0bc0d19f3b4ae9e4f2a1cfd687c31bf772d78734910658186b40b2477 \\",
		"    --hash=sha256:e8b17e23df3e827a69d25af70990ca2420e92668aaffaeeb3cd2351d7916a023 \\",
		"    --hash=sha256:e99e09ab7741f1281e2677f4c0058c7f5267d182530b09c87e4f6aa26adf3887 \\",
		"    --hash=sha256:ea2c01cdb16dc12156e455007c406dfaaece0c89aa4ba0e3b47586779f951d41 \\",
		"    --hash=sha256:ea6b1e9105b4b24a34c722432d9fb578f9ed83af21fa1abda639011e0f22bbb6 \\",
		"    --hash=sha256:ebd054ad1737a68fb7c5c073d405cef2b88bb824e294de3b4a4e995b47f0e376 \\",
		"    --hash=sha256:ec295280f4b37769256da025acf5890370355ac589c27e89caae0b5e9eedc702 \\",
		"    --hash=sha256:f6449672f9c93316deb5e2839e18931f468670e44d5bd9b1301a5a9655d45c07 \\",
		"    --hash=sha256:f683dc6300317700025e41d89a43e0276692ded16113a3c43eab704d605c58e5 \\",
		"    --hash=sha256:f6b9d2aad499c769ee8287609ab0e6de99d8bcea99c6e6c2e64945259fd52fb2 \\",
		"    --hash=sha256:f8b9c8ceebae6387d0dc77f7f4dbbfbfc962dba2efbfe6877486075a480726b4 \\",
		"    --hash=sha256:fad67b12ffe0f71e02b4932b04883cbc76a9072bbd30731409d3523cf058b011 \\",
		"    --hash=sha256:fbfb70ba01355251faf6b293171df49f73a88a1b6494db109ffea85442574458 \\",
		"    --hash=sha256:fe91993149523aa59941b9e3c90e2eb45f57ad014697aef6c8b13339a59c019e \\",
		"    --hash=sha256:febd35ef45f603c2d74b74655efdbf45e14f55fc0aef4ac82b663ca829b283e0 \\",
		"    --hash=sha256:ff88a92cafde90888511242d1c54afcc1a8adbb6dc0a88fa7f87e29e92400d4a",
		"markdown-it-py==3.0.0 ; python_full_version < '3.10' \\",
		"    --hash=sha256:355216845c60bd96232cd8d8c40e8f9765cc86f46880e43a8fd22dc1a1a8cab1 \\",
		"    --hash=sha256:e3f60a94fa066dc52ec76661e37c851cb232d92f9886b15cb560aaada2df8feb",
		"markdown-it-py==4.3.0 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:7aa1511a46c39138de78d9eba92ce47e63124d8003fc98b3a351909e04239efa \\",
		"    --hash=sha256:91a58fa5b72c71a40cf7177250fd767480d7a2bb3ac426ccfb76fb90305fdaaa",
		"mdurl==0.1.2 \\",
		"    --hash=sha256:84008a41e51615a49fc9966191ff91509e3c40b939176e643fd50a5c2196b8f8 \\",
		"    --hash=sha256:bb413d29f5eea38f31dd4754dd7377d4465116fb207585f97bf925588687c1ba",
		"poetry-core==2.2.1 ; python_full_version < '3.10' \\",
		"    --hash=sha256:97e50d8593c8729d3f49364b428583e044087ee3def1e010c6496db76bd65ac5 \\",
		"    --hash=sha256:bdfce710edc10bfcf9ab35041605c480829be4ab23f5bc01202cfe5db8f125ab",
		"poetry-core==2.5.0 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:81d04c9253b19d0604718268d781867c8f7b2128e5b25bbf1e84141eec6b89c4 \\",
		"    --hash=sha256:98ee465b66f7e14bb9fbe68fb5e00d0cff184f036993ec94610ae4b5612f3add",
		"progressbar2==4.5.0 ; python_full_version < '3.10' \\",
		"    --hash=sha256:625c94a54e63915b3959355e6d4aacd63a00219e5f3e2b12181b76867bf6f628 \\",
		"    --hash=sha256:6662cb624886ed31eb94daf61e27583b5144ebc7383a17bae076f8f4f59088fb",
		"progressbar2==4.6.0 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:2d78bdeb1debef92a39dd9042e0689542bd72d6e2f30b13432db371aa9d8ee4e \\",
		"    --hash=sha256:fe48c8955a84428af77bff2642ba47041e1b8f7c867a5b7cc94f8bc255a8f0cf",
		"pydantic==2.14.3 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:1054f237f4d4733e5a30e1e2333bd33a2004ab9ab1510bd053a9a31bb48e232d \\",
		"    --hash=sha256:3f7b347782ab7e4cf4c798496ae3a82787d9f21ec12676a9c564355eeef8daa8",
		"pydantic-core==2.50.4 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:0001d6920e3a5d92758cda460d6dc9f918a78ad6d5d092f1c8b5395e6b775356 \\",
		"    --hash=sha256:0574866e05f6adeecc520d87e87dd06210c0a51706341f6ef8421572f5a64444 \\",
		"    --hash=sha256:09450778e3ab58d3f565899fcfbf6c82926e31af29e28e799d1d50941316e0cb \\",
		"    --hash=sha256:0af56dbf8822ba9f4efcbbfdc15478f8b6fb08f1609860cb50aa2cc8476b3c34 \\",
		"    --hash=sha256:0b059a7968b1911be5a2d9a8234827ab0bef9d1e465d4b42da525894143550e8 \\",
		"    --hash=sha256:0ec20aca2b067369913716847f7dfe5f4dddf16a46965b7a70bbad5defaaba86 \\",
		"    --hash=sha256:0f87ae9db5ba8d8de40dcb93982cf8dd544e6552a80d3345af51941cc2146b80 \\",
		"    --hash=sha256:1239daaf063e62213ca1f34d96663900bd7510c42a786e843fd328af70e46445 \\",
		"    --hash=sha256:13b6dd62b5279f5b9d72f3bf918a35443ee8bd549241d9dc52d79a2c3b6d7016 \\",
		"    --hash=sha256:15bece43a02ad543c621c8305e67dedb5f27d378c5ba741e5a2c36523f8ef37f \\",
		"    --hash=sha256:16902a147b3da4840612164a5e67947104d63e978f7a57c395877a5e26690b9c \\",
		"    --hash=sha256:1afefe44ec042fbabfb4483ea258c04cf75ff4ff328d754f09b321fdaa232aca \\",
		"    --hash=sha256:1de7be9a66fc8536770481ab64a05aae5067c725f2b29a09543af00e6a417b97 \\",
		"    --hash=sha256:1e20cbde2b6deb33a51d08cd168454dd9044ec7d4474056f4d98d63f51578783 \\",
		"    --hash=sha256:2039e323acee9abfec1fb5f661776e8965fe5928f3b7f8431900a774cba5c317 \\",
		"    --hash=sha256:219114f8dcdcbe4720d82ef016b1287ce5a0a67d7c69ca61524eb72e82aac344 \\",
		"    --hash=sha256:22e874666bdbd96d6bf629d32cd8ab376fedf1fd62585b52a42b9fa9fa6c20b6 \\",
		"    --hash=sha256:23a9ba564b2db709ff16eca990992ba95a19069972b34bff87c81d4b473cd755 \\",
		"    --hash=sha256:25e7e1080f9f7ce7cd9d114b31470ce912771bd02f38c824721d3c35d312abff \\",
		"    --hash=sha256:26cb012c4b8ca9f847bd0ac15978bd3d0f55b050bfbe6c47355edfc7e945029b \\",
		"    --hash=sha256:29358a8ca74e7d81158d14e2b10c904bd18773293ae3788716c0626fe0342347 \\",
		"    --hash=sha256:2980a701be88f9128a7470189fa3bcda5387f76c298a6f8e000fc29eb2a6f4e7 \\",
		"    --hash=sha256:2a60ec2a57ac3ef3767e526e9bf706ec75aa3d79c4ea134d9d4fcf7c62a297a7 \\",
		"    --hash=sha256:2f42584e5785385f681163a42506cab0d51295e17599a648396c52a7046c1372 \\",
		"    --hash=sha256:2f5cc5bcb94063fbbdfd285a2b302da34af07491337c10bb35de1d5220fa1583 \\",
		"    --hash=sha256:2f6767122b37c780bb756a720a4eef2bc6a050a0a1143428834b3cbc89448bd2 \\",
		"    --hash=sha256:300753f71c73302e218124baf995f00058e085cd01869bd9610bcbd0bd4500c1 \\",
		"    --hash=sha256:30d4dc35bc0eea52202a90b3820445ee0072c820241bfa710a623a078c9b267b \\",
		"    --hash=sha256:32a991aebd165f227b7c7c60bb9d66c2c7de9c24308552da264c9938fde0f8d6 \\",
		"    --hash=sha256:32d6dda86383645ec428ea64dfc277036f5cbc60a72238eab28b91a3fdb9a113 \\",
		"    --hash=sha256:33b21f69540a12c2053cd1d95766d8bd9667a3897f7c712a642de8aa37eb0865 \\",
		"    --hash=sha256:39f489ce31272073e6e146f6781690f9c1ee8c126836e6403361ef91154d89fe \\",
		"    --hash=sha256:3a48a5254d15a0ad050318bfc7a9566d4ec740118187e8f303e47a6840287eb7 \\",
		"    --hash=sha256:3b8ee2589a082739c522c1fe4be227412fcf108b903abb6672ae2f5570558882 \\",
		"    --hash=sha256:3de6c2a4df2af0ac9ab4dc1488746fe8b1a90e27955d870d9edda3187d20092b \\",
		"    --hash=sha256:3e0b395648c6cb871bceb2906907f255dc876ec425f2d5b024e129985cea8519 \\",
		"    --hash=sha256:3e547ceec1da7382f01f9e13963023e53367a71802c88778b21b9645a077cbdf \\",
		"    --hash=sha256:41b2cd8b29dbb5a4c9828a70f50d1abfc92011115c813213d3a91205c6f731b3 \\",
		"    --hash=sha256:41f4f8ae714e4fea1d635880f8a1af715ecf080eed4d13c5b04a0f3210f9c61a \\",
		"    --hash=sha256:474f7e598c7902165662a5d5160d3fce31037890a2975a9871ebf7c05862300b \\",
		"    --hash=sha256:477af785d1846e4e96bf56983b92ea7553aaeccdeb8acdaa55c7cee9eda0ae32 \\",
		"    --hash=sha256:49eb1241a969a5994db6880c18c012b6cbe2340343d8f529721571806583e500 \\",
		"    --hash=sha256:4c29b8f2d6417069bb1f257e6b9113f5d64dc2f554cc200ea90b4fe2c5cdb733 \\",
		"    --hash=sha256:4eb15be588407148ef5937dc8d9256a71f6b115e6cddadb7aa20b6ee384680dc \\",
		"    --hash=sha256:4eda7e3fdef382b7d4492745988a5baaf6953923a337f8b9dde5f76fa8afde20 \\",
		"    --hash=sha256:523466eba8ee10f7480f3c2057563145978011c583130d2cc01fb1e7af808e25 \\",
		"    --hash=sha256:57fa0a9490785139f1a4e4f43891830d55dfe4408845c0c9cb5eff4aeaf75f69 \\",
		"    --hash=sha256:5b26e5f1793b96cdc60242bf38da86ff24a27a708aa396214cac9b534bf571c7 \\",
		"    --hash=sha256:5bc1811ef2b4d4ba63e8e452f6e332b6374bd1d2cbbfdf66826c8cb1f71dd10d \\",
		"    --hash=sha256:5c074454dc6d4f6f4ba6561a56bf33a14db7651d882a5a5321ba3ae8868e082d \\",
		"    --hash=sha256:5c1013647be741647895c102831dcf79c34209662dbb683df9efb864417ed7d5 \\",
		"    --hash=sha256:601fce6cea9ddeaa85329e12e7f351def38d233075f42a3012b9c48071b02941 \\",
		"    --hash=sha256:6118e5a5550e36582e19bac1a403711a748f9f18251b054c326d3db02aaa7a18 \\",
		"    --hash=sha256:629eae995185540406e3635df5d5cf1d44f19ea240840b835d3f44541ff694d8 \\",
		"    --hash=sha256:6348ad12fa741bcc9c2f173e99fbf27cbc038826d8c31a4a7d836eca27878ba2 \\",
		"    --hash=sha256:65376dbe1ab4dbc768ca2b72b7c13993562c035f5925fd3bc7ff9c8c585c515d \\",
		"    --hash=sha256:6619d49a89a15cd04334f76fec530c155923bfc60da74ff5d815a52629e1aa6c \\",
		"    --hash=sha256:664e74848c2f5fc27db8505fe24e1ecd3ac669412913bf73d176916f86cc08e2 \\",
		"    --hash=sha256:67f7cc397e1d5556a801d1cba74de0d27d827eb242e6c036c0ca273c745414f1 \\",
		"    --hash=sha256:696613a0c0e7b2b35356e389ba4195ce20cfe7a2fc2e992c87d974d973eabec7 \\",
		"    --hash=sha256:6c5687b59b6ba0f663c4f2f15470f68507d6b45ccd3a19ee6d224f95cbee70d8 \\",
		"    --hash=sha256:6c7d7b0b596319e9ce79ef96ce57a14054a2eac629c0588a0539187a218be799 \\",
		"    --hash=sha256:70dbc9f83c41f37a4faa62dae5203853847223a891da446f48ef2efcfd5df806 \\",
		"    --hash=sha256:71395a43da5584bb70556f380387e15f845c0dcf76373c1afbfa0025737576ac \\",
		"    --hash=sha256:71ade6d2e445839350d589ff99bbddfde16f3f32db28da5c894a09f99c8b2a03 \\",
		"    --hash=sha256:71e03d2ea1a221d020cfc5b6cc8bbbedef23a06704c70fcf4d0afb42965b22d1 \\",
		"    --hash=sha256:7210398a1607ad607dc73196e575b3148b00a333cbb602ddbe1b60ba54554f43 \\",
		"    --hash=sha256:7472c39480ccc11dda69a196d1b7c7a6b48eb6594b77f05d945599d3e47f731c \\",
		"    --hash=sha256:7646353a5a7c553c04167aca628e2550b538f492765b03ccf34321a560acc43c \\",
		"    --hash=sha256:76e0065998159244ff4c097a6c05ff08019c6fbb6e597a85846e73044f0215b3 \\",
		"    --hash=sha256:789a6453e5ffd18a7ab6b8c3a0dd8403053829197ec258ecb90c604c21ffcc99 \\",
		"    --hash=sha256:789f88dea57841cdebef392b5d6e90444d767117e9ff2e0d9172df5c9de6690c \\",
		"    --hash=sha256:7ac2769a7ddd661e07e26c12220adc31b17014c48234b2a5a88993b8d4109e09 \\",
		"    --hash=sha256:817953730e4a73a09008b010c4a42396cefe799616a22df2ac21d3927b3080cf \\",
		"    --hash=sha256:83d2beac85b757bfc404c5c0612df51c4ef33bbb7be65cf4a96b4da7cbc4ff4f \\",
		"    --hash=sha256:86c7c4615634b5c57a79770f5b738354e45ae219a89949aeae84f19169a05283 \\",
		"    --hash=sha256:8923fcd49f875e8a0448d7223d1fdf1a9973ae2d1f20d4158753ceb8909facd2 \\",
		"    --hash=sha256:8cceae48ae7f94990c2f4e36291e9ec9868735e8b0f19e4489a17b0422338466 \\",
		"    --hash=sha256:92f8f63df729061bb14558ed740e7a222f6e2aa6c2e6a5bcfb4e706676562049 \\",
		"    --hash=sha256:930ad463d3fb7a340d323bcc496ec32dae469ec9974c29ff569f19806b6b03b4 \\",
		"    --hash=sha256:94733cb447c37b0ce6f71b39ca1288d5f966a084023a5617b4cc35a852586859 \\",
		"    --hash=sha256:9be1cfe715ecaa060ffd5d599ef410b94ef2697a0eed4cee562f788a2aa2175b \\",
		"    --hash=sha256:a0c5210d038418a115e7cf8706bfa611bd14add2f5787274dba45aadca3155e0 \\",
		"    --hash=sha256:a2f8716344bbbd10443391be0b1f2003b34949e3c4e6883005c2bc498ab6b64b \\",
		"    --hash=sha256:a4bb174bd65f795c39ad6642d9d5bdc43351b306b7d0a654ab0d0abb38be245f \\",
		"    --hash=sha256:a70d5effebd81ebd8e15a8aabdc7980832367b2b00c36543bac378977004cc80 \\",
		"    --hash=sha256:a9ee990bf2cfbd81574c5d4f9f6c9d480a14b5b43d2c4f2ca13f4c6f48089394 \\",
		"    --hash=sha256:ab2822bcdcefb54d1e8ca29f5e3ec3afe160fb794bb3a3a73b09d11ed2671104 \\",
		"    --hash=sha256:ad92d255a165cde5f9882ff69699eaf5495e0a1f32e97566bbbb80f11e46781f \\",
		"    --hash=sha256:aead3b74b68396bf0feab5d57e050b730ded7df55853c1e048a87e00aaf033c6 \\",
		"    --hash=sha256:aeb2e123cbf978a905e9f55155c1b8316fbbfa7cf64d04521fe174bab302d100 \\",
		"    --hash=sha256:aec3c2d741a8e3ee993de7f95f37afb51e31b169c95dbd29da4cf6688f340914 \\",
		"    --hash=sha256:b0cdb655fbd1562c2dfc9986f9103a106f7058cd0915afc6e656d4b1d73f3387 \\",
		"    --hash=sha256:b26f39a5be3cd91a2035818be3d0ffdf5282c3e1f5f53d3b80b7024021acee52 \\",
		"    --hash=sha256:b2f2d13239487cecaae98c9f4d5904ad0737643cdf8873c88ec6a78b12214f20 \\",
		"    --hash=sha256:b300a30304c4c6aeab03ed06809819d9eceacdd58441d3c7dffe41edfd006091 \\",
		"    --hash=sha256:b42f64825f5d750228f08318a9bf4d723b7ecb4c472aedcb3013c3ec2dc1f949 \\",
		"    --hash=sha256:b67d38e8bb0ade7e6e84575e4bb153fab35b122458077273aeb08fdf12be9d2c \\",
		"    --hash=sha256:b867f9fd183d76977f810c626d539265183c25b2284762893a31e8d6cacc81c0 \\",
		"    --hash=sha256:b99bed995ed7c41515c11fe2beb86f8a6cc298e5537cae2f736de2f982f74ef0 \\",
		"    --hash=sha256:bd46bcc28ed85d3cf71581b42d90b4ebd1f2062f81879519fed209f8a4d1cfc6 \\",
		"    --hash=sha256:bee28aab5a580eec673f7b68dfa8dece3dd37bd207ef8d22fafe23a8e9837296 \\",
		"    --hash=sha256:c04e9d920e2674f54651fd260a15c5d2843526c73d5242ee4311325ddc9573b3 \\",
		"    --hash=sha256:c4c5a1770ecfe8bdb6c6f09f8d81ea4de04f7efb012fac1efa4ad315dccc1fd1 \\",
		"    --hash=sha256:c733087ecf7dde06b1d071679bfd5f3ba03266ba77814c1c7253bc48c9adedd9 \\",
		"    --hash=sha256:c813ada7a651193acda85b6bc1cf12abd4b37cd25c7c6a75d7183512cc374969 \\",
		"    --hash=sha256:c81d98e27d9d9261909dcccab1ba5d6ea1c98b0bb9470e368604614fd1d36ddd \\",
		"    --hash=sha256:c81e35862aced259177a537ce1a6264c3a97bae1ced184ca9dc10ea754563688 \\",
		"    --hash=sha256:c856e439a9d54d514e81a7131229ba151cdf81df7c408e0f6c89340e5003dfe2 \\",
		"    --hash=sha256:c9e70012926e97069cdd09221861aff412aa94e4cac2e019055cdb79485b150c \\",
		"    --hash=sha256:ca83a32b2b41653d89f09a3d22b770bca96da72273bef8f7a68136bdd1e8b823 \\",
		"    --hash=sha256:cbf0777d54672990b10cb8ca9b0523499e182d7e2ea39f86b138519a902aa601 \\",
		"    --hash=sha256:d49127f137f871cde3c5650af33bbbdcee02679dae76e020902fa106f522b8ae \\",
		"    --hash=sha256:d690121e80ab16e623415351ab24713534d4e500b3cadff216409cb6826063d4 \\",
		"    --hash=sha256:d6a166978f22f10cb91413f70519861605219346decf65bc79008f9257c94afe \\",
		"    --hash=sha256:d6e3485a5e5c01fb5339c1ee3d4b9e21e2135a2a9d44caafb71acd994487ee7c \\",
		"    --hash=sha256:d7d406709ae924cf0b08b8282ca2f0e1c90526911d93bc040557cbc83b74c55f \\",
		"    --hash=sha256:d8201c9f9035520cdcc7dcad383b039ec8123969b87e01cf27c3dd883c02313b \\",
		"    --hash=sha256:da779ae50b46f3f7d1e1b5f362fdc0ad376a49fd55f6f3122dc2b6149936cdf7 \\",
		"    --hash=sha256:dcf2c7eaaa4cafe8e49b017e5bb49e76e084ab6f0cd712ee4019c812b5cf68b8 \\",
		"    --hash=sha256:dd8bed00731a21e3106e5dd6bbffb6c775a2c0bbc7c0c9face534d830057bdc9 \\",
		"    --hash=sha256:df1c174796cd63eb6b139f7daf783affe1f3ed659605850e843b24764c21bfc5 \\",
		"    --hash=sha256:dfcf6e51000b34f7026322cd9ea9bc340d745637e27e0bbc22f504b4f6b967ee \\",
		"    --hash=sha256:e498900bfbf7ddddd862f810440c09e9b81674739e8a11d619b40906dccd4a9a \\",
		"    --hash=sha256:e512c75ec5cf4475c1aa50ad975ecdf253f4963b06e152e1a11edd6de4010753 \\",
		"    --hash=sha256:e5bd109d095aaae989a0463d5ef0fcc43e9ddd5de125e656d3c119a79e466380 \\",
		"    --hash=sha256:e6b4b08d09054310a4dc389fa61ee22a7a5a292cb23ab8a985136ca8828bf924 \\",
		"    --hash=sha256:e6da138a1ecc1341c8b788a5ee822670b03788e1f5decf7af9d461de6e508b8e \\",
		"    --hash=sha256:ea2f61b0bc12f3592288503961b764579dea0658852d96a0b3d823614d808821 \\",
		"    --hash=sha256:ed9c0b6f236648dbf30d57e9f57e1f74878caafa04833a19f529b5ba5164b7a8 \\",
		"    --hash=sha256:edbca8789fd10f0de534b660a6b4c71f1fd18039679c918dad392ab044bb37e4 \\",
		"    --hash=sha256:edc17549ab592e33cfcaf285f047bb75fcd98f608aa9309af1187fd736ce9641 \\",
		"    --hash=sha256:ef8a9ddb2e2a4eae4abb72dc0710eca6c2726779b0664bd10c3ce9fcfaed8c4e \\",
		"    --hash=sha256:f08ee8248aad2d054e5bc4c73554d4505464698f6d754f16198dbc5764e9821d \\",
		"    --hash=sha256:f1d62fb172db35c6478c9323da34ff37d1f3d37d7d44337a9d94ba8c583e5730 \\",
		"    --hash=sha256:f8fd23653a252cefabea11cd041efd7b80bdf403e43a36dea53f9cb0aaa21f0f \\",
		"    --hash=sha256:faa4e96385c820ce9d7f7a623486e23d4134ae3c9ba2071e44e0ab5a5a5002c4 \\",
		"    --hash=sha256:fb2bb5b557080da398b866408117d98fe9731a12334afd0cdff221b458cdc5dc \\",
		"    --hash=sha256:fc04affef30be98c1f36f0c422a4061ef618fdc1dde79f5ad5458dd496fecffa \\",
		"    --hash=sha256:ffb616d8d55965839670301dc3bae3abacff560a7e137a89056058a8a9da4d96",
		"pygments==2.21.0 \\",
		"    --hash=sha256:2363c69b61c4a97c838da3b130dcd6468f4848992b21a82f2a63ec34377137d9 \\",
		"    --hash=sha256:610ca751c9bc2492b38eb9a38a7fbc93edbbb2d7182edaf34e66ae493dee5c8c",
		"python-utils==3.9.1 ; python_full_version < '3.10' \\",
		"    --hash=sha256:0273d7363c7ad4b70999b2791d5ba6b55333d6f7a4e4c8b6b39fb82b5fab4613 \\",
		"    --hash=sha256:eb574b4292415eb230f094cbf50ab5ef36e3579b8f09e9f2ba74af70891449a0",
		"python-utils==4.2.0 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:8c4754ebcd21b17bf5f07c6e789b3ff4da44708dfe75e095e5604de3fe563e18 \\",
		"    --hash=sha256:f3d53b05640136e5eb2e685840e084071347f127f9bf30ddd05c81a6d00f01ad",
		"pyyaml==6.0.3 \\",
		"    --hash=sha256:00c4bdeba853cc34e7dd471f16b4114f4162dc03e6b7afcc2128711f0eca823c \\",
		"    --hash=sha256:0150219816b6a1fa26fb4699fb7daa9caf09eb1999f3b70fb6e786805e80375a \\",
		"    --hash=sha256:02893d100e99e03eda1c8fd5c441d8c60103fd175728e23e431db1b589cf5ab3 \\",
		"    --hash=sha256:02ea2dfa234451bbb8772601d7b8e426c2bfa197136796224e50e35a78777956 \\",
		"    --hash=sha256:0f29edc409a6392443abf94b9cf89ce99889a1dd5376d94316ae5145dfedd5d6 \\",
		"    --hash=sha256:10892704fc220243f5305762e276552a0395f7beb4dbf9b14ec8fd43b57f126c \\",
		"    --hash=sha256:16249ee61e95f858e83976573de0f5b2893b3677ba71c9dd36b9cf8be9ac6d65 \\",
		"    --hash=sha256:1d37d57ad971609cf3c53ba6a7e365e40660e3be0e5175fa9f2365a379d6095a \\",
		"    --hash=sha256:1ebe39cb5fc479422b83de611d14e2c0d3bb2a18bbcb01f229ab3cfbd8fee7a0 \\",
		"    --hash=sha256:214ed4befebe12df36bcc8bc2b64b396ca31be9304b8f59e25c11cf94a4c033b \\",
		"    --hash=sha256:2283a07e2c21a2aa78d9c4442724ec1eb15f5e42a723b99cb3d822d48f5f7ad1 \\",
		"    --hash=sha256:22ba7cfcad58ef3ecddc7ed1db3409af68d023b7f940da23c6c2a1890976eda6 \\",
		"    --hash=sha256:27c0abcb4a5dac13684a37f76e701e054692a9b2d3064b70f5e4eb54810553d7 \\",
		"    --hash=sha256:28c8d926f98f432f88adc23edf2e6d4921ac26fb084b028c733d01868d19007e \\",
		"    --hash=sha256:2e71d11abed7344e42a8849600193d15b6def118602c4c176f748e4583246007 \\",
		"    --hash=sha256:34d5fcd24b8445fadc33f9cf348c1047101756fd760b4dacb5c3e99755703310 \\",
		"    --hash=sha256:37503bfbfc9d2c40b344d06b2199cf0e96e97957ab1c1b546fd4f87e53e5d3e4 \\",
		"    --hash=sha256:3c5677e12444c15717b902a5798264fa7909e41153cdf9ef7ad571b704a63dd9 \\",
		"    --hash=sha256:3ff07ec89bae51176c0549bc4c63aa6202991da2d9a6129d7aef7f1407d3f295 \\",
		"    --hash=sha256:41715c910c881bc081f1e8872880d3c650acf13dfa8214bad49ed4cede7c34ea \\",
		"    --hash=sha256:418cf3f2111bc80e0933b2cd8cd04f286338bb88bdc7bc8e6dd775ebde60b5e0 \\",
		"    --hash=sha256:44edc647873928551a01e7a563d7452ccdebee747728c1080d881d68af7b997e \\",
		"    --hash=sha256:4a2e8cebe2ff6ab7d1050ecd59c25d4c8bd7e6f400f5f82b96557ac0abafd0ac \\",
		"    --hash=sha256:4ad1906908f2f5ae4e5a8ddfce73c320c2a1429ec52eafd27138b7f1cbe341c9 \\",
		"    --hash=sha256:501a031947e3a9025ed4405a168e6ef5ae3126c59f90ce0cd6f2bfc477be31b7 \\",
		"    --hash=sha256:5190d403f121660ce8d1d2c1bb2ef1bd05b5f68533fc5c2ea899bd15f4399b35 \\",
		"    --hash=sha256:5498cd1645aa724a7c71c8f378eb29ebe23da2fc0d7a08071d89469bf1d2defb \\",
		"    --hash=sha256:5cf4e27da7e3fbed4d6c3d8e797387aaad68102272f8f9752883bc32d61cb87b \\",
		"    --hash=sha256:5e0b74767e5f8c593e8c9b5912019159ed0533c70051e9cce3e8b6aa699fcd69 \\",
		"    --hash=sha256:5ed875a24292240029e4483f9d4a4b8a1ae08843b9c54f43fcc11e404532a8a5 \\",
		"    --hash=sha256:5fcd34e47f6e0b794d17de1b4ff496c00986e1c83f7ab2fb8fcfe9616ff7477b \\",
		"    --hash=sha256:5fdec68f91a0c6739b380c83b951e2c72ac0197ace422360e6d5a959d8d97b2c \\",
		"    --hash=sha256:6344df0d5755a2c9a276d4473ae6b90647e216ab4757f8426893b5dd2ac3f369 \\",
		"    --hash=sha256:64386e5e707d03a7e172c0701abfb7e10f0fb753ee1d773128192742712a98fd \\",
		"    --hash=sha256:652cb6edd41e718550aad172851962662ff2681490a8a711af6a4d288dd96824 \\",
		"    --hash=sha256:66291b10affd76d76f54fad28e22e51719ef9ba22b29e1d7d03d6777a9174198 \\",
		"    --hash=sha256:66e1674c3ef6f541c35191caae2d429b967b99e02040f5ba928632d9a7f0f065 \\",
		"    --hash=sha256:6adc77889b628398debc7b65c073bcb99c4a0237b248cacaf3fe8a557563ef6c \\",
		"    --hash=sha256:79005a0d97d5ddabfeeea4cf676af11e647e41d81c9a7722a193022accdb6b7c \\",
		"    --hash=sha256:7c6610def4f163542a622a73fb39f534f8c101d690126992300bf3207eab9764 \\",
		"    --hash=sha256:7f047e29dcae44602496db43be01ad42fc6f1cc0d8cd6c83d342306c32270196 \\",
		"    --hash=sha256:8098f252adfa6c80ab48096053f512f2321f0b998f98150cea9bd23d83e1467b \\",
		"    --hash=sha256:850774a7879607d3a6f50d36d04f00ee69e7fc816450e5f7e58d7f17f1ae5c00 \\",
		"    --hash=sha256:8d1fab6bb153a416f9aeb4b8763bc0f22a5586065f86f7664fc23339fc1c1fac \\",
		"    --hash=sha256:8da9669d359f02c0b91ccc01cac4a67f16afec0dac22c2ad09f46bee0697eba8 \\",
		"    --hash=sha256:8dc52c23056b9ddd46818a57b78404882310fb473d63f17b07d5c40421e47f8e \\",
		"    --hash=sha256:9149cad251584d5fb4981be1ecde53a1ca46c891a79788c0df828d2f166bda28 \\",
		"    --hash=sha256:93dda82c9c22deb0a405ea4dc5f2d0cda384168e466364dec6255b293923b2f3 \\",
		"    --hash=sha256:96b533f0e99f6579b3d4d4995707cf36df9100d67e0c8303a0c55b27b5f99bc5 \\",
		"    --hash=sha256:9c57bb8c96f6d1808c030b1687b9b5fb476abaa47f0db9c0101f5e9f394e97f4 \\",
		"    --hash=sha256:9c7708761fccb9397fe64bbc0395abcae8c4bf7b0eac081e12b809bf47700d0b \\",
		"    --hash=sha256:9f3bfb4965eb874431221a3ff3fdcddc7e74e3b07799e0e84ca4a0f867d449bf \\",
		"    --hash=sha256:a33284e20b78bd4a18c8c2282d549d10bc8408a2a7ff57653c0cf0b9be0afce5 \\",
		"    --hash=sha256:a80cb027f6b349846a3bf6d73b5e95e782175e52f22108cfa17876aaeff93702 \\",
		"    --hash=sha256:b30236e45cf30d2b8e7b3e85881719e98507abed1011bf463a8fa23e9c3e98a8 \\",
		"    --hash=sha256:b3bc83488de33889877a0f2543ade9f70c67d66d9ebb4ac959502e12de895788 \\",
		"    --hash=sha256:b865addae83924361678b652338317d1bd7e79b1f4596f96b96c77a5a34b34da \\",
		"    --hash=sha256:b8bb0864c5a28024fac8a632c443c87c5aa6f215c0b126c449ae1a150412f31d \\",
		"    --hash=sha256:ba1cc08a7ccde2d2ec775841541641e4548226580ab850948cbfda66a1befcdc \\",
		"    --hash=sha256:bdb2c67c6c1390b63c6ff89f210c8fd09d9a1217a465701eac7316313c915e4c \\",
		"    --hash=sha256:c1ff362665ae507275af2853520967820d9124984e0f7466736aea23d8611fba \\",
		"    --hash=sha256:c2514fceb77bc5e7a2f7adfaa1feb2fb311607c9cb518dbc378688ec73d8292f \\",
		"    --hash=sha256:c3355370a2c156cffb25e876646f149d5d68f5e0a3ce86a5084dd0b64a994917 \\",
		"    --hash=sha256:c458b6d084f9b935061bc36216e8a69a7e293a2f1e68bf956dcd9e6cbcd143f5 \\",
		"    --hash=sha256:d0eae10f8159e8fdad514efdc92d74fd8d682c933a6dd088030f3834bc8e6b26 \\",
		"    --hash=sha256:d76623373421df22fb4cf8817020cbb7ef15c725b9d5e45f17e189bfc384190f \\",
		"    --hash=sha256:ebc55a14a21cb14062aa4162f906cd962b28e2e9ea38f9b4391244cd8de4ae0b \\",
		"    --hash=sha256:eda16858a3cab07b80edaf74336ece1f986ba330fdb8ee0d6c0d68fe82bc96be \\",
		"    --hash=sha256:ee2922902c45ae8ccada2c5b501ab86c36525b883eff4255313a253a3160861c \\",
		"    --hash=sha256:efd7b85f94a6f21e4932043973a7ba2613b059c4a000551892ac9f1d11f5baf3 \\",
		"    --hash=sha256:f7057c9a337546edc7973c0d3ba84ddcdf0daa14533c2065749c9075001090e6 \\",
		"    --hash=sha256:fa160448684b4e94d80416c0fa4aac48967a969efe22931448d853ada8baf926 \\",
		"    --hash=sha256:fc09d0aa354569bc501d4e787133afc08552722d3ab34836a80547331bb5d4a0",
		"requests==2.32.5 ; python_full_version < '3.10' \\",
		"    --hash=sha256:2462f94637a34fd532264295e186976db0f5d453d1cdd31473c85a6a161affb6 \\",
		"    --hash=sha256:dbba0bac56e100853db0ea71b82b4dfd5fe2bf6d3754a8893c3af500cec7d7cf",
		"requests==2.34.2 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:2a0d60c172f83ac6ab31e4554906c0f3b3588d37b5cb939b1c061f4907e278e0 \\",
		"    --hash=sha256:f288924cae4e29463698d6d60bc6a4da69c89185ad1e0bcc4104f584e960b9ed",
		"rich==15.0.0 \\",
		"    --hash=sha256:33bd4ef74232fb73fe9279a257718407f169c09b78a87ad3d296f548e27de0bb \\",
		"    --hash=sha256:edd07a4824c6b40189fb7ac9bc4c52536e9780fbbfbddf6f1e2502c31b068c36",
		"shellingham==1.5.4 \\",
		"    --hash=sha256:7ecfff8f2fd72616f7481040475a65b2bf8af90a56c89140852d1120324e8686 \\",
		"    --hash=sha256:8dbca0739d487e5bd35ab3ca4b36e11c4078f3a234bfce294b0a0291363404de",
		"simplejson==4.3.0 \\",
		"    --hash=sha256:00f181dab72b9b9310b11ae988a98242dc1c4cb0eea69b2fe10d41b7601caf65 \\",
		"    --hash=sha256:06306ed92b3860802ad9dd7fe88f122a7360b01e3936b8a355d6d689bb2bb774 \\",
		"    --hash=sha256:067473d6df8c185d6b32926373de6c0069c5b351b3caa340eb547db42c722bc7 \\",
		"    --hash=sha256:08884465a221029b0b2ee4377944889da4cb2bacbe697398e1f66c3d3fc7c6c0 \\",
		"    --hash=sha256:124fc1663dbed53d3adb26b56781f28a360a8ef67ec51bceff2c8f3da87fdc6b \\",
		"    --hash=sha256:1457e27185d14d4b91b6ad1a11d61a80d98b6f295bfe7aa3561148e83aced414 \\",
		"    --hash=sha256:14b1b13c52eb56c37793872ff4c3a98f718417f3f8bc79c8173d69b71065e8f9 \\",
		"    --hash=sha256:15f38212552d2e850dbd23f1e09e240f30bc4f39a4b4a08a7b9adfe8e290e076 \\",
		"    --hash=sha256:16f4d3224921cabcfe6524603ed91da008814574eb696d59c046a4ea0caf3788 \\",
		"    --hash=sha256:17ff86ff3a5536d32d61d321c16005efa62ba3803baa9a6b6e13da6fd4fa6db2 \\",
		"    --hash=sha256:1acbbbfc6756bcf155cbeb44d6fa7d54ebdd0f155fd624f7acbb5eea067992a1 \\",
		"    --hash=sha256:2091df1a8ad3ab6920d5f47527548cfd7a636bc09d91b824db23c7e0c1ddbef2 \\",
		"    --hash=sha256:20a0e847b499d700125309d9c39c0c92748d1f05e7044ce201029deed4478044 \\",
		"    --hash=sha256:20caf052e4aef6053a1d2ec0a2e29445f563a17cb57ecf664a2b224e1ae9d3e6 \\",
		"    --hash=sha256:213ce37252f42ff591a8e802c634185a37d1fc79a8356afab5b8271343dd6678 \\",
		"    --hash=sha256:231fd4499aca5412feb4f1c7dddad7d688e66a090c865b86d6804904acb52630 \\",
		"    --hash=sha256:27aab2e835f50cd55d75715c1cee187d617048bb4a08e44ecd268e7b9007d8c3 \\",
		"    --hash=sha256:280073d09bdf151f86390d99f00c96a0da2415e143a726a0589678912115452d \\",
		"    --hash=sha256:2a11b3766568f68ac8812d69efebd3f86943033839df8f9b4118632121fa9dcc \\",
		"    --hash=sha256:3052e8dd323ac912cb8020105b557b93fa86c061257f236bd7f3b4d792513e22 \\",
		"    --hash=sha256:30b4f4fa98ee067ae15394d3c8e5bf18508e882431317d050466d613044b874f \\",
		"    --hash=sha256:380e9142fae53b298cdf9ea60db6edc796ce0a7c83f3cfbbb85fdf1e4ddb3274 \\",
		"    --hash=sha256:3bb61da0bf1941036a44745d35c0a27bdb66e34b74e8d48006efca9a667e1716 \\",
		"    --hash=sha256:3c19181a9239037e4ae745f370e76bf9f8666fcb97aa4008f0c8f70ac8d34f09 \\",
		"    --hash=sha256:3c25d28c8dbaaa78b7d2bbd16826e2a4379012d2d36336a3f3ad728ac8afbe60 \\",
		"    --hash=sha256:3c9e042acb55c9ca24c8e4bf46623b5ee03b28fc115380f20d9ee42d8509dbfd \\",
		"    --hash=sha256:3cb313b9d295d8c3571a384439bafb6055c21566930b2e55df8696eafbb2076e \\",
		"    --hash=sha256:3e4ab3d54c14fbd808d16e8e429332e22b613df9eaf14d2d09031d5e70095b90 \\",
		"    --hash=sha256:41ca7b6bb7b8d740797a94b235be12c263a2f24b1ba8efa9d36c1e0f58c5426d \\",
		"    --hash=sha256:420ca382766f090b23a432067e968a004fab7e2b8806e95b16f6feac4072c415 \\",
		"    --hash=sha256:442bf545871858524b1f47db9448d82232af710376dfc52910ba66580e0caa1f \\",
		"    --hash=sha256:4664835d276d2731872333eabc5a9d6bbf09d87aba8fe0768d28662747b58879 \\",
		"    --hash=sha256:48c2b9499110f6df2249de0f34419c9913c06ab7ca3c93f564c2a7b6be08ce5a \\",
		"    --hash=sha256:48d5d79d723300b49f18bbd88d786c0410cc58b869c121024a132e2e49f9cf35 \\",
		"    --hash=sha256:4b15315dd4f04af439a1a7aee6d2405f31e6263196750d4d8663e7020070a7a5 \\",
		"    --hash=sha256:4ee3e04102f50beab8279f381e102aaecb5b9b17000a2034b49b77a21251ca1b \\",
		"    --hash=sha256:5311c41b00918d7de83c4fd4046dcee04ce29cbcfd695e26794ea4c78867cd8c \\",
		"    --hash=sha256:53324eda57a9de7fab4731281bc8bd3fa254d28dbc06ce2141f2bcfeefbc3e3a \\",
		"    --hash=sha256:53b6b6eaa4d7e9dcdcca71a072c2c9b771f13eea3a7d2b113b9eb612c092c6d6 \\",
		"    --hash=sha256:57095d362c79a7a8fe2304e359f82ee92568345455ba830f810afd8b5d52f0ab \\",
		"    --hash=sha256:57c2a1d1264ad11de34579d52563a6500a22ec582dff9930bb1ac6777dd881c4 \\",
		"    --hash=sha256:59ad106f783bab64ac524c1a08451b22ddc4b1ae48b6c9f2a185fad508eaedaf \\",
		"    --hash=sha256:5baaae088b6a8808a4e50be4a1a77c8aa01faeae3a53e2b4a079b4fa0b1efb74 \\",
		"    --hash=sha256:5e296777639050bfb159608da7dc54b45465d80aa13588b5599cc062db327ec3 \\",
		"    --hash=sha256:63c9ccb71fe3c3e82a4fdf4286aa3e93d5715c4631064b34318ed7e65b16073a \\",
		"    --hash=sha256:66bc42eeac915a6e795e989e334fa47e57bd2197481ee9e48e9f01ff74d6166c \\",
		"    --hash=sha256:67666fc300dafd4a5e9a87441d6f33dc938251a0b8f7e882facd43ffecc55295 \\",
		"    --hash=sha256:67fa139e34cd95122ac677b9a1d368a59c3e74b32624ebd01a279f7dd66fdae2 \\",
		"    --hash=sha256:68688bc6c6bceec938c4e0f2e713b734ee5d0c74a387166ea1f367954a5a31fb \\",
		"    --hash=sha256:6be56abc641ff7ffc51f2027a66c9cf4027f6f30616bee81f6037454764c680f \\",
		"    --hash=sha256:6c5b61b28e004f66f82f47740eb82feddfdd94020195229fc873708e254cccec \\",
		"    --hash=sha256:6e1e964cb5b96f8c2a6ac93fa5d9f0981d322fe302dfb0dd444734d9cfba1dd5 \\",
		"    --hash=sha256:6f7df5584a630fd90a660b810c5ec98029be797370f6fc3c959d4051c9ea6663 \\",
		"    --hash=sha256:7213c39108fd9bd50962ffca5eb052c2f4aa7b87dcdeb82e175ca6336bbf13e2 \\",
		"    --hash=sha256:760818802f44a5754df77e20bbc6551969a1c5df769376792b55f325a315b5e2 \\",
		"    --hash=sha256:77d9de51ec16819abb60a596f78781890382d538d2e0ef31843cff97ec589de6 \\",
		"    --hash=sha256:790551a8ad0cf3cd70eb60d1b5add5ff533d3ae0e25cd72ac918842e6370e618 \\",
		"    --hash=sha256:79dd0c99bd961a699ef88393a1c02007a4a2089a350932a033fd6ebee970f907 \\",
		"    --hash=sha256:7a344fff51f616fd499299b80805516d182cf0c9f157c1bf6a1931eb491a3ca0 \\",
		"    --hash=sha256:7b5b912598a31d3b6e73ab5c480bad646adf71551a19888b8ad1669c1f382ab2 \\",
		"    --hash=sha256:7c5dc05131f63dcaa3e3eb69d63f7b0c6c7f2f8654b2f8967c9f5c882ab175da \\",
		"    --hash=sha256:80f20140e4a5465a57dc27bafebd9ea8fa927b88c25605cb2dccb44001f3c884 \\",
		"    --hash=sha256:81226006540cbb3c08e66797eba4a5ce1086547f2ad50d6fe432c22752df540a \\",
		"    --hash=sha256:82a24d31f06deea3ba1814c4c79f54b1573a3574b8a7c598b6a7f41ac488e047 \\",
		"    --hash=sha256:82dace84bb88c4fa0c9133823b13c42fdd3d8e93c8453b37c098be1d8ab408f0 \\",
		"    --hash=sha256:893871d4504957e4f77b63ce2e0423bfbdeaa70e678bd7dd0b2fa1964a91ef54 \\",
		"    --hash=sha256:8a072c9e67658c19c9de9d8f93678787634e420a3131cacd2bcec29104dfc901 \\",
		"    --hash=sha256:8c33feae0878de0350a30c89212c58b2c2d027f1efef56d25fed4b036d58e62c \\",
		"    --hash=sha256:8d115cc49b89c20d464008a5e945e9847214f72095b57c1305530ee6bd6eeaaa \\",
		"    --hash=sha256:8ed7acb4c153a23502b19e2a637fafd5ba07489a5f796b8e00a476442c7897fd \\",
		"    --hash=sha256:8fe881edc5f7c2256af022d290c4a933ff52b1c163c49e0a976af37540ae2498 \\",
		"    --hash=sha256:9275c9b7ca338162dda8dbb4498e3e719c95049290f476cddf8ab91dc48e79a1 \\",
		"    --hash=sha256:92f91d56356a00e6c856909d4602f69c8c56ae75077c90fd9c51c950e48be063 \\",
		"    --hash=sha256:9815c7404e286e6dc5547a2feeca1204f04af033e6993a6d08c48c7b2ce5b3ad \\",
		"    --hash=sha256:997581efd5cb2748a7e9cf07b745a20f58b0a079cb96121b9018bba8e0910bcb \\",
		"    --hash=sha256:9984487195db9684c7a1534d6478f26f8d0e3427c7c79cf46ba7800892db27d5 \\",
		"    --hash=sha256:9d25301528500579e1bb709ca5a58d06752d996c10146a38d8565adaf096f0ef \\",
		"    --hash=sha256:9d5734cedb84ac1caa587ed9f818e82fab312b14c4ed80462b295b0bcf8b936c \\",
		"    --hash=sha256:9e245f76fc0f7c621ff427a18263f866bf73af0222552ee5db07a73263af1e4a \\",
		"    --hash=sha256:a13951d9f5b5d8a801cffa6b4a68cb38a160116123562ace5d8f808d1ce26aa3 \\",
		"    --hash=sha256:a2caf378618e410cd155e6613f77b42ad1982ae850535911d333e7fa8bdcbc0c \\",
		"    --hash=sha256:a40fff62c1af65f3123295fb5ac13b783fb6fabd02eb7edc956a3a286aa91de5 \\",
		"    --hash=sha256:a595c484331458e0f1e68bde50e0821d634506c225ceb1f3904e4ced0b8eea01 \\",
		"    --hash=sha256:a9f413dab24a422faa85cb4d2c411c2e6e996a36b457a121df68b2db3d5a4a83 \\",
		"    --hash=sha256:ace280946646384455b0bf2b91b8219598b140ecb6b0f0ada93e6b4eb2d9cd1a \\",
		"    --hash=sha256:b1163dd524a5b8862be1763be1a0d423106abdbf50d6674e2a00fd70f2650354 \\",
		"    --hash=sha256:b40c6a352e873532b56743dce861efcc8c7f072e4b120775818bc02ef6d89901 \\",
		"    --hash=sha256:b4c278bac7ea79514b442b9868bf311c86272ca5fd1b768618cf4a6e2c7f92e4 \\",
		"    --hash=sha256:b50d4a4f4d0f30c2eb6885fb7b425b8e9ddaaf14e9b4a7853e12afbdd96492f9 \\",
		"    --hash=sha256:b51781107776aa0210b866e6e9e8416f9f05e3c48b429bc25e17e6248418c1c0 \\",
		"    --hash=sha256:b60a41fced7a77d3a7d562c6a57fe26abb94fc46a7f10807fa8ceef282814bf8 \\",
		"    --hash=sha256:ba7126291de7bf51e7a702c9dc76fab41467fdcf4ddf1bd7e0ab70af0cd8c0c2 \\",
		"    --hash=sha256:bdf1b6d4efc52ef1c4003f8973ef5854c9ea156b94af56890ad7e10cd6b21110 \\",
		"    --hash=sha256:c0eb226f43b76c1056d90b7e6998d5be3ed3f29e4467ecc4ee50c30d73c27fec \\",
		"    --hash=sha256:c10f8c7b1334ea93ee451e3e8b8196c2ebbacfb834319ec89820291f08f787f8 \\",
		"    --hash=sha256:c15b370f94638624f6528a784e75b95e5eef26e56080937e1994acfefd0a192d \\",
		"    --hash=sha256:c1b2576e8d37aebbdd336b6082dab038416ab5cfdde466f1564e0fb6047dc238 \\",
		"    --hash=sha256:c3cbcf4dd547f0c9ecce1f629ea1e3da2f20f3a13d5914bb0659ffc5f9d5b5d4 \\",
		"    --hash=sha256:c437369e5907418cad15a6057b0bb18c9e610964ccc6e5ecbd5e62291f4a1e66 \\",
		"    --hash=sha256:c615f078786504433e496d7b8a17e84704c84984b28744e255c600a049ce2284 \\",
		"    --hash=sha256:c76591e12281d590c128c79880bc4ec46e2ed77f14646b45a83daed8a8e69f06 \\",
		"    --hash=sha256:ca5c778b39631328825c20b5a76c2181f8d6f521c676679d77c24456c70f76d7 \\",
		"    --hash=sha256:cad67d28581afac74c3dabd5ec6120bd1bf671ce433a54a3d4b8a07fc1e851eb \\",
		"    --hash=sha256:cb1583f909db3fcebda4057dd16bf39608f305c2ec05bfa1b20f8c56eac7efb4 \\",
		"    --hash=sha256:cc829fc9885bac3d29605b2e789e9bc571d091c46251085624152daa21e871d1 \\",
		"    --hash=sha256:cd2819abdf930e4d6a6d68b1664fe1c817e69e116ecbb3c423725fe5e7ac5913 \\",
		"    --hash=sha256:ce5726e85a8462580b3c3f5098e9bcaa2d10dfd28233451aad5638a9d16b6d1c \\",
		"    --hash=sha256:cf1aca2c93f2ee025ac60ef79a8c2c63e5b24295c777caab62ebe56999353601 \\",
		"    --hash=sha256:d4cc7a879d0f692bd5a4b1a04dcf0bad22323105cf942092fe4b57a8e9bb4e75 \\",
		"    --hash=sha256:d4d1ed738a5b2403a96654a54e88b533466c52647665f7af21b255b206674925 \\",
		"    --hash=sha256:d5ddb5954d80a896c39d839a77c4c02c844ebe7f089aeb5ee4a6beabfc942acc \\",
		"    --hash=sha256:d6666905c818530136358a80ef44b6f04837994bf1f1cd21d5e67165777df886 \\",
		"    --hash=sha256:db1179662393bd11118a881d9879b08d08436e6171d6a48452e26663709e9ec6 \\",
		"    --hash=sha256:db159a5d2bc6a57577dbaa09e891f2c080689a45b268f143a3aaf231275f7bed \\",
		"    --hash=sha256:dc08ab2f004082f6b6a98c80503fd9a3954c477a90c48346fb76af95cedf02cb \\",
		"    --hash=sha256:dc73c10a35fe5295099a261628818f684e91d3bff2e8daadc697e33090022449 \\",
		"    --hash=sha256:dcbaedb1ddcb065ff70b2c49ee2ee81f3c63f2fc2fed21914426202033cb26d2 \\",
		"    --hash=sha256:e470bb2728df0c1cd9ac0297be40516cf6959fcf80b3a6c404a6ce8e7ed87896 \\",
		"    --hash=sha256:e4a215761fc736a39a6ad6d7d7a4b4af04a994366ced0c741fd2dde533e258fd \\",
		"    --hash=sha256:e567f26e2ebeed3309f8e1f3a12b7a67170b5bd333b1c6e1acfe8a27b82f8714 \\",
		"    --hash=sha256:e5a639df5541ca018df34493633cd696afd3b862d18059c6f16c136800d8d56d \\",
		"    --hash=sha256:e5aacfa47f5ed20e3c7f1e9b84ea541610d876c0edcfed66c9f0a5e7133011e3 \\",
		"    --hash=sha256:e8dec35d0f0b5392effa503792e513452c45da0e7b2123ab5c8dd302e5a9ecc2 \\",
		"    --hash=sha256:e9f9c010c9bf340049363db6129f6ab7507466f016ee6ff2ad8858520a404ae9 \\",
		"    --hash=sha256:ee64f1392c3e21ddda05769e1ec6a837764ec145b8a7fd6ea9af0469be4c3eb2 \\",
		"    --hash=sha256:f0e2082c0d5585f5bb1848bb2727ee6da4cc1834e3d4e15789d587fc7c365c92 \\",
		"    --hash=sha256:f46da25d37c074c9885febea7fed235d6d91d2ad7d3202fa3a9e90f96ca4f228 \\",
		"    --hash=sha256:f5abb7a951b4e92672bdafeb1f1180aba34938e6b732c5153495d90bc7db2ddc \\",
		"    --hash=sha256:f60d1e0f4eaafaa2300d2e2c7db4bf0581220009e99fbc566e21b76c2cde0145 \\",
		"    --hash=sha256:f6538d2819fd511c6f8843da523fd6c8a170fb909506b1cef5a4ea8b8d2e50c2 \\",
		"    --hash=sha256:f81a1ecdfd33f20aefbf89aee8b574f69fc3596e344b101524d9cc316df1d1ef \\",
		"    --hash=sha256:f8367b955631eeccbb8061e07faa4d294429d9608cf646b528ec953379b60573 \\",
		"    --hash=sha256:f87895427f71420a89a7e30c1841caf64bc4b3ac446dad6779f108e27871630c \\",
		"    --hash=sha256:f90c93a9f5d12ccda64e1c3c1e7979d47815deff05599c16fb8c82ef802a2366 \\",
		"    --hash=sha256:f99186392ea0e1adb663457d4bac5a6f01ad1f6950bf42bb5c266872e1c78ad3 \\",
		"    --hash=sha256:f9e38405339f79a70212495b9c080c19a2065ec38fa55840ebef99a5ee3988f1 \\",
		"    --hash=sha256:ffe34ab51a0d37e6d1c661a5672df00d2d5e18804e38eac07abffb83fa5ec3d7",
		"typer==0.23.2 ; python_full_version < '3.10' \\",
		"    --hash=sha256:a99706a08e54f1aef8bb6a8611503808188a4092808e86addff1828a208af0de \\",
		"    --hash=sha256:e9c8dc380f82450b3c851a9b9d5a0edf95d1d6456ae70c517d8b06a50c7a9978",
		"typer==0.29.1 ; python_full_version == '3.10.*' \\",
		"    --hash=sha256:00dbc549c13428bec1be55fe1f4d0fb8c6637a310e4f178ef14abe9534ee7b58 \\",
		"    --hash=sha256:ab6eb3880bf67ce96147734717f9ec333c06f66e361f3ea947d0be43da39f242",
		"typer==0.29.2 ; python_full_version >= '3.11' \\",
		"    --hash=sha256:b1998dc5f2c3dedafa1517a9521fa944cc4dc1fadcea085d81a3b10ebcaeb075 \\",
		"    --hash=sha256:f30731f8ca758368b836b3714872e58e395cef8fcaff918c853b1969ed5274e7",
		"typing-extensions==4.16.0 \\",
		"    --hash=sha256:481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8 \\",
		"    --hash=sha256:dc983d19a509c94dba722ee6abd33940f7c05a89e243c47e907eb4db6f1a43e5",
		"typing-inspection==0.4.5 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:7f16c411e7930dc79596d42ab44672a3fe5f60eb34b781a1647e7872363120c7 \\",
		"    --hash=sha256:bc210535442b39e1bf2805e0c7a17dfd6a4ace760c84c7f7d16245d23a6b1c39",
		"urllib3==2.6.3 ; python_full_version < '3.10' \\",
		"    --hash=sha256:1b62b6884944a57dbe321509ab94fd4d3b307075e0c2eae991ac71ee15ad38ed \\",
		"    --hash=sha256:bf272323e553dfb2e87d9bfd225ca7b0f467b919d7bbd355436d3fd37cb0acd4",
		"urllib3==2.8.0 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:0cf3cae568d36aa9576b28dfb35f11328f1cb974ca7647d9475ebb86c75ac6e3 \\",
		"    --hash=sha256:63bf2ead4c879426ebf22ef2a781eeb4aa3b4ae798a0435506f8687fd5bb9b63"
	],
	kiwi: ["kiwi==11.1.6 \\", "    --hash=sha256:9898e3ba141d10ab9ad0e9881fbe096110dd54d758808a3f78de52d53abae5d7"]
};
// src/kiwi/install.ts
/** Nothing is taken from a cache of another day, and a network that fails for a moment is no failure. */
const PIP_OPTIONS = [
	"--quiet",
	"--no-input",
	"--no-cache-dir",
	"--disable-pip-version-check",
	"--retries",
	"5",
	"--no-compile"
];
/**
* Stands alone in its folder, so that a PATH with it offers kiwi-ng and no other Python. It finds the Python of the
* virtual environment from where it lies itself: the scripts that pip writes hold the path they were installed at. `-I`
* keeps modules of the working folder and of the user out of a program that runs as root, `-B` keeps root from writing
* into a folder of the user.
*/
const LAUNCHER = `#!/bin/sh
here=$(dirname -- "$(readlink -f -- "$0")")
exec "$here/../bin/python" -I -B -c 'import sys
sys.argv[0] = "kiwi-ng"
from kiwi.kiwi import main
sys.exit(main())' "$@"
`;
/** What kiwi-ng of a version is made of: another lock or launcher gives another digest. */
function kiwiLock(version) {
	return digestOf(JSON.stringify([
		version,
		LAUNCHER,
		version === "11.1.6" ? requirements_default : "as PyPI has it"
	]));
}
/**
* Installs kiwi-ng from PyPI into a virtual environment of its own. The pinned version and all it needs are locked by
* hash; of any other version pip chooses the dependencies.
*
* @throws InputError when PyPI does not have the version, HostError when this Python cannot make virtual environments or
*   is too old, CommandError when pip fails otherwise
*/
async function installKiwi(installation) {
	const { version, folder, report, signal } = installation;
	const lines = [];
	const options = {
		...signal ? { signal } : {},
		onLine: (line) => lines.push(line)
	};
	report.info(`installing kiwi-ng ${version} from PyPI`);
	await makeEnvironment(installation);
	const pip = (args) => runCommand(join(folder, "bin/python"), [
		"-I",
		"-m",
		"pip",
		"install",
		...PIP_OPTIONS,
		...args
	], options);
	try {
		if (version === "11.1.6") await installLocked(folder, pip);
		else await pip([`kiwi==${version}`]);
	} catch (error) {
		if (!(error instanceof CommandError) || lacksSpace(error)) throw spaceError(error, folder);
		throw explained(error, version, lines);
	}
	await compile(folder, signal);
	await writeLauncher(folder);
}
async function makeEnvironment({ folder, python, signal }) {
	try {
		await runCommand(python, [
			"-m",
			"venv",
			folder
		], signal ? { signal } : {});
	} catch (error) {
		if (!(error instanceof CommandError) || error.outcome.kind !== "exit" || lacksSpace(error)) throw spaceError(error, folder);
		throw new HostError("host-python", `${python} cannot make a virtual environment`, "install the package python3-venv");
	}
}
/** KIWI comes as source: what builds it is locked as well, so pip must not fetch it by itself. */
async function installLocked(folder, pip) {
	const file = join(folder, "requirements.txt");
	for (const [lines, options] of [[requirements_default.dependencies, []], [requirements_default.kiwi, ["--no-deps", "--no-build-isolation"]]]) {
		await putText(file, lines.map((line) => `${line}\n`).join(""));
		await pip([
			"--require-hashes",
			...options,
			"--requirement",
			file
		]);
	}
	await rm(file);
}
/** Compiled files that do not look at the time of their source: a copy of the folder has other times. */
async function compile(folder, signal) {
	const args = [
		"-I",
		"-m",
		"compileall",
		"-q",
		"--invalidation-mode",
		"unchecked-hash",
		join(folder, "lib")
	];
	await runCommand(join(folder, "bin/python"), args, {
		accept: [0, 1],
		...signal ? { signal } : {}
	});
}
async function writeLauncher(folder) {
	const launcher = join(folder, "path/kiwi-ng");
	await mkdir(join(folder, "path"));
	await putText(launcher, LAUNCHER);
	await chmod(launcher, 493);
	await rm(join(folder, "bin/kiwi-ng"), { force: true });
	await symlink("../path/kiwi-ng", join(folder, "bin/kiwi-ng"));
}
/** pip lists what there is: `… (from versions: 9.0.0, 9.0.1)`, and apart from it what asks for a newer Python. */
function explained(error, version, lines) {
	const text = lines.join("\n");
	if (!text.includes(`No matching distribution found for kiwi==${version}`)) return error;
	const needs = (/different python version: (.*)/.exec(text)?.[1] ?? "").split("; ").find((entry) => entry.startsWith(`${version} Requires-Python `));
	if (needs !== void 0) return new HostError("host-python", `kiwi-ng ${version} needs Python ${needs.replace(/^\S+ Requires-Python /, "")}`, "install one, or set kiwi-version to an older one");
	const known = (/\(from versions: ([^)]*)\)/.exec(text)?.[1]?.split(", ") ?? []).filter((each) => /^\d/.test(each)).slice(-5);
	if (known.length === 0) return error;
	return new InputError([{
		where: "input kiwi-version",
		text: `PyPI has no KIWI '${version}': ${`the newest are ${known.join(", ")}`}`
	}]);
}
// src/oci/store/folder.ts
/** Whether something is there: behind links, and as far as we may look. */
async function isThere(path) {
	return await stat(path).catch(() => void 0) !== void 0;
}
// src/oci/store/temporary.ts
/**
* What names of files and folders begin with that this process gives their own name when they are whole: by it, what it
* leaves when it is killed can be told from what others write beside it.
*/
const TEMPORARY_PREFIX = `.${randomUUID()}.`;
/** A new name for such a file or folder. Not behind its final name, which may be as long as a name can be. */
function temporaryName() {
	return `${TEMPORARY_PREFIX}${randomUUID().slice(0, 8)}.tmp`;
}
/** Whether a name is such a one, of whichever process. */
function isTemporaryName(name) {
	return /^\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9a-f]{8}\.tmp$/.test(name);
}
// src/job/workfolder.ts
/** Only a folder that holds this file is ever released and removed as root. It says whom the folder belongs to. */
const MARKER = ".kiwi-oci";
/** What the names of folders of ours, and of KIWI's log beside them, begin with. */
const WORK_PREFIX = "kiwi-oci-";
/** One lock for the whole machine, containers that share its devices among it. */
const LOOP_CONTROL = "/dev/loop-control";
const TRIES = 5;
/**
* Makes a folder of a job that only we can read.
*
* @param purpose the middle of its name, `login-`; empty for the work folder
* @throws errors of the file system
*/
async function makeJobFolder(parent, purpose, { holder, inside = [], keep }) {
	const marker = holder === void 0 ? "" : JSON.stringify({
		...holder,
		inside,
		prefix: TEMPORARY_PREFIX
	});
	for (let tries = 1;; tries += 1) {
		const folder = join(parent, `${WORK_PREFIX}${purpose}${randomBytes(6).toString("hex")}`);
		keep(folder);
		await mkdir(folder, { mode: 448 });
		try {
			await mark(folder, marker);
			return folder;
		} catch (error) {
			await rm(folder, {
				recursive: true,
				force: true
			});
			if (!(error instanceof Error && "code" in error && error.code === "ENOENT") || tries === TRIES) throw error;
		}
	}
}
/** Whoever is killed here leaves a folder without the marker, and none with half of it. */
async function mark(folder, text) {
	const temporary = join(folder, temporaryName());
	await putText(temporary, text);
	await rename(temporary, join(folder, MARKER));
}
/** Whether a folder has a name that `makeJobFolder` makes. */
function isJobFolder(name) {
	return name.startsWith("kiwi-oci-") && /^(?:[a-z]+-)?[0-9a-f]{12}$/.test(name.slice(9));
}
/**
* Removes a folder of a job in which no KIWI worked. The marker goes last, so that whoever is killed here leaves what a sweep
* still knows.
*
* @throws errors of the file system; a folder that is not there is none
*/
async function removeMarked(folder) {
	const names = await readdir(folder).catch(() => []);
	for (const name of names.filter((each) => each !== MARKER)) await rm(join(folder, name), {
		recursive: true,
		force: true
	});
	await rm(folder, {
		recursive: true,
		force: true
	});
}
/** Removes folders of a job. The job's result stands: what cannot be removed is told as a warning. */
async function removeFolders(folders, supervisor, report) {
	for (const folder of folders) try {
		await removeFolder(folder, supervisor);
	} catch (error) {
		report.warning(`${folder} could not be removed: ${describeError(error).message}`);
	}
}
/** Removes folders of a job that was killed, and the logs beside them, which nobody was told of. Throws nothing. */
async function removeAbandoned(folders, supervisor, report) {
	await removeFolders(folders, supervisor, report);
	for (const folder of folders) await removeLogs(folder);
}
/** The logs of KIWI beside a work folder. */
async function removeLogs(folder) {
	const names = await readdir(dirname(folder)).catch(() => []);
	for (const name of names.filter((each) => each.startsWith(`${basename(folder)}-log-`))) await rm(join(dirname(folder), name), {
		recursive: true,
		force: true
	}).catch(() => {});
}
/** Whoever is impatient sends a second signal to all of a canceled job, which is not to end what cleans up after the first. */
async function privilegesAtLast() {
	for (let tries = 1;; tries += 1) try {
		return await findPrivileges();
	} catch (error) {
		if (!(error instanceof CommandError && wasAskedToEnd(error)) || tries === TRIES) throw error;
	}
}
/**
* Removes a folder of ours with everything that a build may have left in it: mounts, loop devices, files of root. The
* supervisor does it, as root, wherever KIWI worked; one at a time on this machine, since a device that one has let go
* may be another build's when the next looks at it.
*/
async function removeFolder(folder, { nodePath, supervisorPath }) {
	const has = (name) => isThere(join(folder, name));
	if (!(await has(".kiwi-oci") && (await has("target") || await has("supervisor.run")))) {
		await removeMarked(folder);
		return;
	}
	const [first = nodePath, ...rest] = [
		...(await lstat(LOOP_CONTROL).catch(() => void 0))?.isCharacterDevice() ? [
			"flock",
			"--no-fork",
			LOOP_CONTROL
		] : [],
		nodePath,
		supervisorPath
	];
	const { program, args } = asRoot(await privilegesAtLast(), first, rest);
	const input = `${JSON.stringify({
		remove: folder,
		under: dirname(folder)
	})}\n`;
	for (let [apart, tries] = [true, 1];; tries += 1) try {
		await runCommand(program, args, {
			input,
			apart
		});
		return;
	} catch (error) {
		if (!(error instanceof CommandError) || tries === TRIES) throw error;
		const isOfSudo = error.lastLines.at(-1)?.startsWith("sudo: ") === true;
		if (!isOfSudo && error.outcome.kind !== "signal") throw error;
		apart = !isOfSudo;
	}
}
// src/job/tools.ts
/**
* Makes sure of every tool the job needs, and before it installs any, of all that no package brings. Tools that are there
* are used as they are.
*
* @returns kiwi-ng; undefined where the job builds nothing
* @throws HostError, or HostErrors with all at once, where something is missing that may not or cannot be installed
*/
async function readyTools(job) {
	const { facts, report, nowSeconds, signal } = job;
	const folders = searchFolders(job.searchPath);
	const distribution = await readDistribution();
	const missing = await missingTools(toolNeeds(facts), folders);
	const kiwi = facts.source === "description" ? await presentKiwi(facts.kiwiVersion, folders, job) : void 0;
	const privileges = facts.source === "description" || job.installs && missing.length > 0 ? await findPrivileges() : { kind: "none" };
	const lack = hostError([
		...facts.source === "description" ? await lacksOf(facts, {
			privileges,
			folders
		}, job) : [],
		...toolLacks({
			missing,
			kiwi,
			distribution
		}, job),
		...job.lacks ?? []
	]);
	if (lack) throw lack;
	await installTools({
		missing,
		distribution,
		privileges,
		folders,
		report,
		nowSeconds,
		signal
	});
	const shown = facts.source === "registry" ? ["skopeo"] : ["skopeo", "qemu-img"];
	for (const program of shown) report.info(await versionLine(program));
	if (facts.source !== "description") return void 0;
	const ready = kiwi ?? await newKiwi(facts.kiwiVersion, folders, job);
	report.info(`kiwi-ng ${ready.version} (${ready.path})`);
	return ready;
}
async function lacksOf(facts, { privileges, folders }, job) {
	return job.lacks === void 0 ? rootLacks(privileges) : machineLacks(facts, privileges, folders);
}
/** What is missing of programs and files that may not be installed, or that no package is known to bring. */
function toolLacks({ missing, kiwi, distribution }, { facts, installs }) {
	if (installs) return missing.length > 0 && !canInstall(missing, distribution) ? [missingToolsError(missing, distribution)] : [];
	if (facts.source === "description" && facts.kiwiVersion !== "system" && kiwi === void 0) return [withKiwi(facts.kiwiVersion, missing, distribution)];
	return missing.length > 0 ? [missingToolsError(missing, distribution)] : [];
}
/** The kiwi-ng of the machine where it is the wanted one, else one that we installed before. */
async function presentKiwi(wanted, folders, job) {
	const found = await findProgram(["kiwi-ng"], folders);
	const version = found === void 0 ? void 0 : await versionOf(found);
	if (found !== void 0 && version !== void 0 && (wanted === "system" || version === wanted)) return {
		path: found,
		version
	};
	const kept = wanted === "system" ? void 0 : await job.shelf.find(wanted);
	return kept === void 0 ? void 0 : keptKiwi(kept, wanted);
}
async function newKiwi(wanted, folders, job) {
	if (wanted !== "system") return freshKiwi(wanted, job);
	const installed = await presentKiwi(wanted, folders, job);
	if (installed) return installed;
	throw new HostError("host-kiwi", "the kiwi-ng of this machine does not start", "run kiwi-ng --version to see why");
}
/** A kept kiwi-ng works no more when the Python that it was made with is gone. */
async function keptKiwi(folder, version) {
	const path = launcher(folder);
	return await versionOf(path) === version ? {
		path,
		version
	} : void 0;
}
async function freshKiwi(version, job) {
	const folder = await makeJobFolder(job.temp, "kiwi-", job);
	try {
		await installKiwi({
			version,
			folder,
			python: "python3",
			report: job.report,
			signal: job.signal
		});
		const path = launcher(await job.shelf.keep(folder, version));
		if (await versionOf(path) !== version) throw new HostError("host-kiwi", `kiwi-ng ${version} does not start`, `run ${path} --version to see why`);
		return {
			path,
			version
		};
	} finally {
		await removeMarked(folder);
	}
}
function launcher(folder) {
	return join(folder, "path", "kiwi-ng");
}
async function versionOf(kiwi) {
	try {
		return kiwiVersionIn((await runCommand(kiwi, ["--version"], { timeoutSeconds: 60 })).stdout.toString("utf8"));
	} catch (error) {
		if (error instanceof CommandError && !wasAskedToEnd(error)) return void 0;
		throw error;
	}
}
async function versionLine(program) {
	const { stdout } = await runCommand(program, ["--version"], { timeoutSeconds: 60 });
	return stdout.toString("utf8").split("\n")[0] ?? program;
}
function withKiwi(version, missing, distribution) {
	const kiwi = `this machine lacks kiwi-ng ${version}`;
	const remedy = "set install-tools, which puts it into a folder of its own";
	if (missing.length === 0) return new HostError("host-tools", kiwi, remedy);
	return new HostError("host-tools", `${kiwi}, and ${missingToolsError(missing, distribution).message}`, remedy);
}
// src/oci/packing/zstdframes.ts
/** What is no whole zstd stream. */
var ZstdError = class extends Error {
	name = "ZstdError";
};
const FRAME_START = {
	field: "magic",
	bytes: 4,
	hasChecksum: false,
	isLastBlock: false
};
const FRAME_MAGIC = 4247762216;
const SKIPPABLE_MAGIC = 407710288;
/**
* Cuts a zstd stream so that no chunk holds bytes of two frames: Node's decompressor silently drops what follows a frame
* in the same chunk (seen with 24.21), and layers of podman (zstd:chunked) have a frame per file. RFC 8878, section 3.1.
*
* @throws ZstdError when something else than frames is in the stream, or the last one is cut
*/
async function* zstdFrameChunks(source) {
	let position = FRAME_START;
	let taken = 0;
	let value = 0;
	for await (const chunk of source) {
		let start = 0;
		let at = 0;
		while (at < chunk.length) {
			const step = Math.min(position.bytes - taken, chunk.length - at);
			for (let i = 0; i < step && taken + i < 4; i++) value += (chunk[at + i] ?? 0) * 2 ** (8 * (taken + i));
			at += step;
			taken += step;
			if (taken < position.bytes) continue;
			position = nextPosition(position, value);
			taken = 0;
			value = 0;
			if (position !== FRAME_START) continue;
			yield chunk.subarray(start, at);
			start = at;
		}
		if (start < chunk.length) yield chunk.subarray(start);
	}
	if (position !== FRAME_START || taken > 0) throw new ZstdError("the last zstd frame is cut");
}
/** @param value of the field that has just ended, little-endian, its first four bytes */
function nextPosition(ended, value) {
	switch (ended.field) {
		case "magic":
			if (value === FRAME_MAGIC) return {
				...ended,
				field: "descriptor",
				bytes: 1
			};
			if (value - value % 16 === SKIPPABLE_MAGIC) return {
				...ended,
				field: "skippableSize",
				bytes: 4
			};
			throw new ZstdError("it is no zstd frame");
		case "descriptor": return {
			...ended,
			field: "header",
			bytes: headerBytes(value),
			hasChecksum: (value & 4) !== 0
		};
		case "header": return {
			...ended,
			field: "block",
			bytes: 3
		};
		case "block": return afterBlockHeader(ended, value);
		case "body": return afterBlock(ended);
		case "skippableSize": return value === 0 ? FRAME_START : {
			...ended,
			field: "skippable",
			bytes: value
		};
		case "checksum":
		case "skippable": return FRAME_START;
	}
}
/** Window descriptor, dictionary ID and content size: section 3.1.1.1. */
function headerBytes(descriptor) {
	const isSingleSegment = (descriptor & 32) !== 0;
	const contentSize = [
		isSingleSegment ? 1 : 0,
		2,
		4,
		8
	][descriptor >> 6] ?? 0;
	const dictionary = [
		0,
		1,
		2,
		4
	][descriptor & 3] ?? 0;
	return (isSingleSegment ? 0 : 1) + dictionary + contentSize;
}
/** Section 3.1.1.2: bit 0 says last, bits 1 and 2 the type (1 repeats one byte, 3 is reserved), the rest the size. */
function afterBlockHeader(ended, header) {
	const type = header >> 1 & 3;
	if (type === 3) throw new ZstdError("a zstd block has the reserved type");
	const bytes = type === 1 ? 1 : header >> 3;
	const block = {
		...ended,
		isLastBlock: (header & 1) !== 0
	};
	return bytes === 0 ? afterBlock(block) : {
		...block,
		field: "body",
		bytes
	};
}
function afterBlock(block) {
	if (!block.isLastBlock) return {
		...block,
		field: "block",
		bytes: 3
	};
	return block.hasChecksum ? {
		...block,
		field: "checksum",
		bytes: 4
	} : FRAME_START;
}
// src/oci/packing/packing.ts
const MAGICS = [
	["gzip", "1f8b"],
	["zstd", "28b52ffd"],
	["xz", "fd377a585a00"],
	["bzip2", "425a68"]
];
const MAGIC_BYTES = 6;
const CHUNK_BYTES = 1048576;
/** How a file is packed, by its first bytes; undefined where it is not. */
async function packingOf(path) {
	await using file = await open(path, "r");
	const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
	const head = buffer.toString("hex", 0, bytesRead);
	return MAGICS.find(([, magic]) => head.startsWith(magic))?.[0];
}
/** Broken content of what Node unpacks: its own codes, and what we say of frames of zstd. */
function isUnpackingError(error) {
	if (error instanceof ZstdError) return true;
	if (!(error instanceof Error)) return false;
	const code = "code" in error ? String(error.code) : "";
	return /^(Z_|ZSTD_|ERR_ZSTD|ERR_ZLIB)/.test(code);
}
/**
* Reads what a packed file holds, of the two kinds that Node unpacks itself, in constant memory.
*
* @param use reads to the end or throws
* @throws Error of the decompressor for broken content; AbortError after `signal`
*/
async function readUnpacked(path, packing, use, signal) {
	await using file = await open(path, "r");
	const packed = file.createReadStream({
		autoClose: false,
		highWaterMark: CHUNK_BYTES,
		start: 0
	});
	const buffers = {
		highWaterMark: CHUNK_BYTES,
		chunkSize: CHUNK_BYTES / 4
	};
	const unpacking = packing === "gzip" ? createGunzip(buffers) : createZstdDecompress(buffers);
	const source = packing === "gzip" ? packed : Readable.from(zstdFrameChunks(packed), { objectMode: false });
	await pipeline(source, unpacking, use, { ...signal === void 0 ? {} : { signal } });
}
// src/oci/tar/paxrecords.ts
/**
* The records `LENGTH KEYWORD=VALUE\n` of an extended header; an empty value takes back what was said for all entries.
*
* @param failed makes the error to throw
*/
function paxRecords(bytes, failed) {
	const records = /* @__PURE__ */ new Map();
	for (let at = 0; at < bytes.length;) {
		const space = bytes.indexOf(32, at);
		const digits = space < 0 ? "" : bytes.toString("latin1", at, space);
		const length = /^\d{1,7}$/.test(digits) ? Number(digits) : 0;
		const end = at + length;
		if (end <= space + 1 || end > bytes.length || bytes[end - 1] !== 10) throw failed("a record of its extended header is broken");
		const equals = bytes.indexOf(61, space);
		if (equals < 0 || equals >= end) throw failed("a record of its extended header has no keyword");
		records.set(bytes.toString("utf8", space + 1, equals), bytes.toString("utf8", equals + 1, end - 1));
		at = end;
	}
	return records;
}
// src/oci/tar/tarreader.ts
/** Why a tar cannot be read, as the end of a sentence. */
var TarError = class extends Error {
	name = "TarError";
};
const BLOCK_BYTES = 512;
/** Of a header that stands for another one: Go's archive/tar has the same limit. */
const SPECIAL_LIMIT_BYTES = 1048576;
const KINDS = /* @__PURE__ */ new Map([
	["0", "file"],
	["\0", "file"],
	["7", "file"],
	["S", "file"],
	["1", "link"],
	["2", "symlink"],
	["5", "directory"]
]);
/** Types that have no content whatever their size says; Go's archive/tar `isHeaderOnly`, which unpacks layers everywhere. */
const HEADER_ONLY = "123456";
/**
* The entries of a tar, in their order: v7, ustar, POSIX pax, old and new GNU, star; numbers in base 256, sparse files.
* The source is read to the end of the archive and no further.
*
* @throws TarError when it is cut, a checksum is wrong, or a header makes no sense
*/
async function* tarItems(source) {
	let global = /* @__PURE__ */ new Map();
	let announced = { pax: /* @__PURE__ */ new Map() };
	for (let number = 1;; number++) {
		const header = await nextHeader(source, number);
		if (header === void 0) return;
		const type = String.fromCharCode(header[156] ?? 0);
		if (type === "x" || type === "g" || type === "L" || type === "K") {
			const special = await specialContent(source, header, number);
			if (type === "g") global = new Map([...global, ...paxRecords(special, failure(number))]);
			else if (type === "x") announced = {
				...announced,
				pax: paxRecords(special, failure(number))
			};
			else if (type === "L") announced = {
				...announced,
				longName: cString(special)
			};
			continue;
		}
		const pax = new Map([...global, ...announced.pax]);
		const item = itemOf(header, {
			...announced,
			pax
		}, number);
		announced = { pax: /* @__PURE__ */ new Map() };
		yield item;
		if (type === "S") await skipSparseMap(source, header, number);
		if (!await source.skip(item.sizeBytes)) throw failure(number)("its content is cut");
		await source.skip(padded(item.sizeBytes) - item.sizeBytes);
	}
}
/** The next header; undefined at the end: a block of zeros, or no more bytes. */
async function nextHeader(source, number) {
	const header = await source.read(BLOCK_BYTES);
	if (header.length === 0) return void 0;
	if (header.length < BLOCK_BYTES) throw failure(number)("its header is cut");
	if (header.some((byte) => byte !== 0)) {
		checkSum(header, number);
		return header;
	}
	if ((await source.read(BLOCK_BYTES)).some((byte) => byte !== 0)) throw failure(number)("a block of zeros stands in the middle");
}
/** Signed sums are those of old Suns. */
function checkSum(header, number) {
	let unsigned = 256;
	let signed = 256;
	for (let at = 0; at < BLOCK_BYTES; at++) {
		if (at >= 148 && at < 156) continue;
		unsigned += header.readUInt8(at);
		signed += header.readInt8(at);
	}
	const wanted = octal(header.subarray(148, 156));
	if (wanted !== unsigned && wanted !== signed) throw failure(number)("the checksum of its header is wrong");
}
async function specialContent(source, header, number) {
	const sizeBytes = numberAt(header, 124, 12, number);
	if (sizeBytes > SPECIAL_LIMIT_BYTES) throw failure(number)(`its extended header has ${sizeBytes} bytes`);
	const content = await source.read(padded(sizeBytes));
	if (content.length < padded(sizeBytes)) throw failure(number)("its extended header is cut");
	return content.subarray(0, sizeBytes);
}
function itemOf(header, { longName, pax }, number) {
	const type = String.fromCharCode(header[156] ?? 0);
	const path = pax.get("GNU.sparse.name") || pax.get("path") || longName || ownPath(header);
	const given = pax.get("size");
	const announcedBytes = given ? decimal(given, number) : numberAt(header, 124, 12, number);
	return {
		path,
		kind: type === "\0" && path.endsWith("/") ? "directory" : KINDS.get(type) ?? "other",
		sizeBytes: HEADER_ONLY.includes(type) ? 0 : announcedBytes
	};
}
/** The name in the header itself; GNU's has other things in place of ustar's prefix, star's ends earlier. */
function ownPath(header) {
	const name = cString(header.subarray(0, 100));
	if (header.toString("latin1", 257, 263) !== "ustar\0") return name;
	const isStar = header.toString("latin1", 508, 512) === "tar\0";
	const prefix = cString(header.subarray(345, isStar ? 476 : 500));
	return prefix === "" ? name : `${prefix}/${name}`;
}
/** Old GNU: where a map of holes does not fit the header, blocks of it follow; tar.h `struct sparse_header`. */
async function skipSparseMap(source, header, number) {
	for (let more = header[482]; more !== 0;) {
		const block = await source.read(BLOCK_BYTES);
		if (block.length < BLOCK_BYTES) throw failure(number)("its map of holes is cut");
		more = block[504];
	}
}
function numberAt(header, at, length, number) {
	const field = header.subarray(at, at + length);
	const value = ((field[0] ?? 0) & 128) === 0 ? octal(field) : base256(field);
	if (!Number.isSafeInteger(value) || value < 0) throw failure(number)("the size in its header is no number");
	return value;
}
/** NaN where it is none; an empty field is 0. */
function octal(field) {
	const digits = cString(field).trim();
	if (digits === "") return 0;
	return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : NaN;
}
/** GNU's way for large numbers; the second bit is the sign. */
function base256(field) {
	const first = field[0] ?? 0;
	if ((first & 64) !== 0) return NaN;
	return field.subarray(1).reduce((value, byte) => value * 256 + byte, first & 63);
}
function decimal(text, number) {
	const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
	if (!Number.isSafeInteger(value)) throw failure(number)("the size in its extended header is no number");
	return value;
}
function cString(field) {
	const end = field.indexOf(0);
	return field.toString("utf8", 0, end < 0 ? field.length : end);
}
function padded(sizeBytes) {
	return Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
}
function failure(number) {
	return (reason) => new TarError(`entry ${number}: ${reason}`);
}
// src/oci/tar/tarsource.ts
/** What comes as a stream: what is passed over is read nevertheless. The stream is never closed from here. */
function streamSource(chunks) {
	const iterator = chunks[Symbol.asyncIterator]();
	let rest = Buffer.alloc(0);
	const more = async () => {
		while (rest.length === 0) {
			const { done, value } = await iterator.next();
			if (done) return false;
			rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
		}
		return true;
	};
	const take = (length) => {
		const taken = rest.subarray(0, length);
		rest = rest.subarray(taken.length);
		return taken;
	};
	return {
		read: async (length) => {
			const parts = [];
			let missing = length;
			while (missing > 0 && await more()) {
				const part = take(missing);
				parts.push(part);
				missing -= part.length;
			}
			return parts.length === 1 ? parts[0] : Buffer.concat(parts);
		},
		skip: async (length) => {
			let missing = length;
			while (missing > 0 && await more()) missing -= take(missing).length;
			return missing === 0;
		}
	};
}
/** A file: what is passed over is not read, so that headers alone cost nothing. */
function fileSource(file, sizeBytes) {
	let at = 0;
	return {
		read: async (length) => {
			const buffer = Buffer.alloc(Math.max(0, Math.min(length, sizeBytes - at)));
			let filled = 0;
			while (filled < buffer.length) {
				const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, at + filled);
				if (bytesRead === 0) break;
				filled += bytesRead;
			}
			at += filled;
			return buffer.subarray(0, filled);
		},
		skip: async (length) => {
			at += length;
			return at <= sizeBytes;
		}
	};
}
// src/registry/base/archivekind.ts
/** What skopeo looks for: c/image oci/layout/oci_src.go, docker/internal/tarfile/reader.go. */
const INDEX = "index.json";
const MANIFEST = "manifest.json";
/** Of a packed file: a base of gigabytes is unpacked whole once, by the job. */
const UNPACKED_BYTES = 262144;
/** Ends the reading: a pipeline has no other end than that of its source. */
var Enough = class extends Error {};
/**
* Looks into a file, reading headers alone where it is not packed, and its beginning where it is.
*
* @throws errors of the file system
*/
async function archiveAt(path) {
	const packing = await packingOf(path);
	if (packing === "xz" || packing === "bzip2") return { packing };
	const names = new Names();
	const packed = packing === void 0 ? {} : { packing };
	try {
		if (packing === void 0) await collectFile(path, names);
		else await readUnpacked(path, packing, (content) => collectStream(content, names));
	} catch (error) {
		if (error instanceof Enough) return packed;
		if (!(error instanceof TarError || isUnpackingError(error))) throw error;
		return {
			...packed,
			kinds: [],
			broken: error.message
		};
	}
	const kinds = [...names.hasIndex && names.stray === void 0 ? ["oci-archive"] : [], ...names.hasManifest ? ["docker-archive"] : []];
	const isStray = names.hasIndex && kinds.length === 0;
	return {
		...packed,
		kinds,
		...isStray ? { broken: `${names.stray} leads out of it` } : {}
	};
}
/** What of an archive's names tells what it is. */
var Names = class {
	hasIndex = false;
	hasManifest = false;
	/**
	* An entry that has no place in a layout. skopeo unpacks an oci-archive into a folder first, as whoever runs it and
	* without a wall around it, where such an entry would lead the next ones to any place of the machine.
	*/
	stray;
	add({ path, kind }) {
		const name = path.replace(/^(?:\.?\/)+/, "");
		if (kind !== "directory" && name === INDEX) this.hasIndex = true;
		if (kind !== "directory" && name === MANIFEST) this.hasManifest = true;
		if (path.startsWith("/") || path.split("/").includes("..") || kind !== "file" && kind !== "directory") this.stray ??= `its entry ${JSON.stringify(path)}`;
	}
};
async function collectFile(path, names) {
	await using file = await open(path, "r");
	await collect(fileSource(file, (await file.stat()).size), names);
}
async function collectStream(content, names) {
	const source = streamSource(beginning(content));
	await collect(source, names);
	await source.skip(Number.POSITIVE_INFINITY);
}
async function* beginning(content) {
	let left = UNPACKED_BYTES;
	for await (const chunk of content) {
		yield chunk.subarray(0, left);
		left -= chunk.length;
		if (left <= 0) throw new Enough();
	}
}
async function collect(source, names) {
	for await (const item of tarItems(source)) names.add(item);
}
// src/registry/base/basefile.ts
/**
* Looks at what a base's name leads to, as far as that is on this machine.
*
* @param text what the user wrote, for the problem
* @returns the problem where there is nothing, or something else than a container
*/
async function findBase(name, text) {
	switch (name.transport) {
		case "docker": return await mistakenFile(text) ?? { name };
		case "docker-daemon":
		case "containers-storage": return { name };
		case "oci": return await folderProblem(name.path, text, "oci") ?? { name };
		case "oci-archive":
		case "docker-archive": return await archiveBase(name.path, text, name.transport, name.name);
		case "dir":
		case "path": return await baseAtPath(name.path, text);
	}
}
/** `base.oci.tar` is a reference as well: whoever has such a file means the file. */
async function mistakenFile(text) {
	if (!(await stat(text).catch(() => void 0))?.isFile()) return void 0;
	return { problem: `'${text}' is the name of a file and of a reference: write file:${text} for the file, docker://${text} for the reference` };
}
/** KIWI's `dir:` and an absolute path name an archive, skopeo's `dir:` a folder: what is there decides. */
async function baseAtPath(path, text) {
	if (!(await stat(path).catch(() => void 0))?.isDirectory()) return await archiveBase(path, text);
	if (text.startsWith("file:")) return { problem: `'${text}' is a folder: ${await folderAdvice(path)}` };
	return await folderProblem(path, text, "dir") ?? { name: {
		transport: "dir",
		path
	} };
}
async function archiveBase(path, text, wanted, image) {
	const stats = await stat(path).catch(() => void 0);
	if (stats?.isDirectory()) return { problem: `'${text}' is a folder: ${await folderAdvice(path)}` };
	if (!stats?.isFile()) return { problem: `'${text}' is not there: name the file of a container archive` };
	if (!await isReadable$1(path)) return { problem: `'${text}' cannot be read: give us the right to read it` };
	if (path.includes(":")) return { problem: `'${text}' has a colon in its path, which skopeo does not take: rename it` };
	const archive = await archiveAt(path);
	const problem = archiveProblem(archive, text, wanted);
	if (problem !== void 0) return problem;
	const kind = wanted ?? archive.kinds?.[0];
	const of = image === void 0 ? {} : { image };
	if (archive.packing !== void 0) return {
		packing: archive.packing,
		path,
		...kind ? { kind } : {},
		...of
	};
	return kind === void 0 ? neither(text) : { name: archiveName(kind, path, image) };
}
/** Why an archive cannot be read as what it was named; undefined when it can, or while its content is not known. */
function archiveProblem({ kinds, broken }, text, wanted) {
	if (kinds === void 0) return void 0;
	const [found] = kinds;
	if (found === void 0) return neither(text, broken);
	if (wanted === void 0 || kinds.includes(wanted)) return void 0;
	return { problem: `'${text}' is no ${wanted} but an ${found}: write ${found}:FILE`.replace("an docker", "a docker") };
}
function archiveName(transport, path, image) {
	return {
		transport,
		path,
		...image === void 0 ? {} : { name: image }
	};
}
function neither(text, broken) {
	return { problem: `'${text}' is no archive of a container, ${broken === void 0 ? "it holds neither index.json nor manifest.json" : `it is broken (${broken})`}: name one of oci-archive or docker-archive` };
}
async function folderProblem(path, text, wanted) {
	const stats = await stat(path).catch(() => void 0);
	if (stats === void 0) return { problem: `'${text}' is not there: name the folder of a container` };
	if (!stats.isDirectory()) return { problem: `'${text}' is a file: write file:PATH, oci-archive:FILE or docker-archive:FILE` };
	if (await isFile(join(path, wanted === "oci" ? "index.json" : "manifest.json"))) return void 0;
	return { problem: `'${text}' is no container folder of that kind: ${await folderAdvice(path)}` };
}
/** What to write for a folder that is there. */
async function folderAdvice(path) {
	if (await isFile(join(path, "index.json"))) return "it is an OCI layout: write oci:DIR";
	if (await isFile(join(path, "manifest.json"))) return "it is a folder of skopeo: write dir:DIR";
	return "it holds no container: name an OCI layout, or the file of a container archive";
}
async function isFile(path) {
	return (await stat(path).catch(() => void 0))?.isFile() === true;
}
async function isReadable$1(path) {
	return access(path, constants$2.R_OK).then(() => true, () => false);
}
// src/registry/base/basename.ts
const BASE_FORMS = "a registry reference, scratch, oci:, oci-archive:, docker-archive:, dir:, containers-storage:, docker-daemon: or file:";
const BUILD_SERVICE = "names a container of the Open Build Service that builds the description: write its registry reference, like registry.opensuse.org/PROJECT/NAME:TAG";
/** Sources that cannot be read from here: KIWI's own, and addresses of the web. */
const FOREIGN_SOURCES = /* @__PURE__ */ new Map([
	["obsrepositories", () => BUILD_SERVICE],
	["obs", () => BUILD_SERVICE],
	["this", () => "is KIWI's word for the folder of the description, which it knows for repositories only: write file:PATH"],
	["http", webProblem],
	["https", webProblem],
	["ftp", webProblem]
]);
/**
* The reference container: a registry reference (with or without `docker://`), `scratch`, a skopeo transport, or a path of
* this machine as KIWI takes it: `file:PATH`, `file:///PATH`, `dir:…` and an absolute path alone. What names neither tag
* nor digest means `latest`, as with docker. Relative paths are those of the working directory, as with KIWI and skopeo.
*/
function parseBase(text) {
	if (text === "scratch") return "scratch";
	if (text.startsWith("/")) return pathName(text, text);
	if (/^\.{1,2}\//.test(text)) return { problem: `'${text}' is a path: write file:${text}` };
	const [, scheme = "", address = ""] = /^([a-z]+):(.*)$/s.exec(text) ?? [];
	const foreign = FOREIGN_SOURCES.get(scheme);
	if (foreign !== void 0 && /^obs|^\w+:\/\//.test(text)) return { problem: `'${text}' ${foreign(address)}` };
	const { transport, rest } = transportParts(text);
	if (transport === void 0 || transport === "docker") return registryName(rest);
	if (transport === "file" || transport === "dir" && rest.startsWith("//")) return uriPath(text, rest);
	if (transport === "docker-daemon") return engineName(text, rest);
	if (!isLocal$1(transport)) return { problem: `'${text}' is no source of a base: write ${BASE_FORMS}` };
	const name = localName(transport, rest);
	return "problem" in name || name.transport !== "dir" ? name : pathName(name.path, text);
}
/**
* The base that a description names. KIWI puts the files of several together (kiwi/system/root_import/oci.py); an image
* of layers that stay as they are has one base.
*/
function parseDerivedFrom(text) {
	const bases = text.split(",");
	if (bases.length === 1) return parseBase(text);
	return { problem: `'${text}' names ${bases.length} bases, whose files KIWI would put together: write one, KIWI takes the config and the layers of ${bases.at(-1)}` };
}
/** Without a tag the engine would give all images of the name. */
function engineName(text, name) {
	const parsed = parseReference(name);
	if (typeof parsed === "string") return { problem: `'${text}' is no name of an image: ${parsed}` };
	return {
		transport: "docker-daemon",
		path: parsed.tag !== void 0 || parsed.digest !== void 0 ? name : `${name}:latest`
	};
}
function uriPath(text, rest) {
	const [, host = "", path = ""] = /^(?:\/\/([^/]*))?([^?#]*)/.exec(rest) ?? [];
	if (host !== "" && host !== "localhost") return { problem: `'${text}' names the host ${host}: write file:///PATH, or file:PATH in the working directory` };
	return pathName(path, text);
}
function pathName(path, text) {
	if (path === "") return { problem: `'${text}' has no path: write file:PATH` };
	return {
		transport: "path",
		path
	};
}
function webProblem(rest) {
	return `is an address of the web: write ${rest.replace(/^\/\//, "")} for a registry, or fetch the archive before and write file:PATH`;
}
function registryName(text) {
	const parsed = parseReference(text);
	if (typeof parsed === "string") return { problem: `'${withoutLogin(text)}' is no reference: ${parsed}` };
	return {
		transport: "docker",
		reference: parsed
	};
}
// src/plan/base.ts
/**
* The base of the input, else of the description, else none; none for kinds without a tree of files. What of it is on this
* machine is looked at: a file that is missing or no container is a problem now.
*
* @param problems gets what is wrong, at the input or at the line of `derived_from`
*/
async function chosenBase(inputs, source, problems) {
	if (!hasTree(inputs.kinds)) return {
		base: "scratch",
		baseSource: `kind ${inputs.kinds.join(", ")}`
	};
	if (inputs.baseImage !== void 0) {
		const base = inputs.baseImage;
		const found = await lookedAt(base, parseBase(base));
		if ("problem" in found) problems.push({
			where: "input base-image",
			text: found.problem
		});
		return {
			base,
			baseSource: "input base-image",
			...packing(found)
		};
	}
	const selected = source?.kind === "description" ? source.selected : void 0;
	if (selected?.derivedFrom === void 0) return {
		base: "scratch",
		baseSource: "default"
	};
	const { derivedFrom, file, derivedFromLine: line = selected.line } = selected;
	const where = `${basename(file)}:${line}`;
	const found = await lookedAt(derivedFrom, parseDerivedFrom(derivedFrom));
	if ("problem" in found) problems.push({
		where,
		text: found.problem,
		file,
		line
	});
	return {
		base: derivedFrom,
		baseSource: `derived_from of ${where}`,
		...packing(found)
	};
}
async function lookedAt(text, name) {
	if (name === "scratch") return { name };
	return "problem" in name ? name : await findBase(name, text);
}
function packing(found) {
	return "packing" in found ? { basePacking: found.packing } : {};
}
// src/oci/artifact.ts
/** Why a text cannot be the name of an artifact's file, as the end of a sentence about it; podman libartifact, store.go. */
function titleProblem(title) {
	if (title === "" || title === "." || title === "..") return `its title ${JSON.stringify(title)} is no name of a file`;
	if (/[/\\]/.test(title)) return `its title ${JSON.stringify(title)} holds a folder`;
	if (/\p{Cc}/u.test(title)) return `its title ${JSON.stringify(title)} holds a control character`;
}
// src/plan/childpath.ts
/** What is wrong with the names that the disk gets in the children, and that no input gives. */
function childPathProblems(plan) {
	const { source } = plan;
	const [problem] = plannedChildren(plan).filter(({ kind }) => !hasTree([kind])).flatMap(({ path }) => {
		const name = path.replace(/^\//, "");
		const text = diskPathProblem(`/${name}`) ?? titleProblem(name);
		return text === void 0 ? [] : [`its file would be ${name}: ${text}`];
	});
	const place = source.kind === "disk" ? { where: "input disk" } : typePlace(source.selected);
	const remedy = source.kind === "disk" ? "rename the disk" : "set bundle_format";
	return [...hasTree(plan.kinds) ? diskPathProblems(plan) : [], ...problem === void 0 ? [] : [{
		...place,
		text: `${problem}: ${remedy}`
	}]];
}
// src/plan/containerdisk.ts
/** Labels of a system that boots from a container, of which CDI makes no disk; its pkg/importer/transport.go. */
const BOOT_LABELS = ["containers.bootc", "ostree.bootable"];
/** What CDI and KubeVirt read: kubevirt/containerdisks pkg/common/common.go. */
const VARIABLES = {
	instancetype: "INSTANCETYPE_KUBEVIRT_IO_DEFAULT_INSTANCETYPE",
	preference: "INSTANCETYPE_KUBEVIRT_IO_DEFAULT_PREFERENCE"
};
/** Says that nothing is to be started; kubevirt/containerdisks writes it, and crun-vm takes no other. */
const NO_ENTRYPOINT = ["no-entrypoint"];
/** The changes with what a containerDisk has, where kubevirt is among the kinds. */
function containerDiskChanges(changes, inputs, base) {
	if (!inputs.kinds.includes("kubevirt")) return changes;
	const env = Object.fromEntries(variables(inputs).map(({ name, value }) => [name, value]));
	return {
		...changes,
		...base === "scratch" && changes.entrypoint === void 0 ? { entrypoint: NO_ENTRYPOINT } : {},
		...Object.keys(env).length === 0 ? {} : { env: {
			...changes.env,
			...env
		} }
	};
}
/** What the inputs and the description say of the container that a containerDisk cannot have. */
function containerDiskProblems(changes, inputs, source) {
	if (!inputs.kinds.includes("kubevirt")) return [];
	const [variable] = variables(inputs);
	const cleared = changes.env === null && variable !== void 0;
	const text = "is a variable of the environment, which containerconfig clears: leave out one of the two";
	const label = bootLabel({
		...changes.labels,
		...inputs.labels
	});
	return [...cleared ? [{
		where: `input ${variable.input}`,
		text
	}] : [], ...label === void 0 ? [] : [{
		...labelPlace(label, inputs, source),
		text: bootLabelText(label)
	}]];
}
function variables(inputs) {
	return ["instancetype", "preference"].flatMap((input) => {
		const value = inputs[input];
		return value === void 0 ? [] : [{
			input,
			name: VARIABLES[input],
			value
		}];
	});
}
function bootLabel(labels) {
	return BOOT_LABELS.find((label) => labels[label] === "1");
}
function bootLabelText(label) {
	return `the label ${label}=1 is of a system that boots from its container, of which CDI makes no disk: leave it out with kubevirt`;
}
function labelPlace(label, { labels, containerconfig }, source) {
	if (label in labels) return { where: "input labels" };
	if (label in (containerconfig.labels ?? {}) || source?.kind !== "description") return { where: "input containerconfig" };
	const { file, line, containerLines } = source.selected;
	return typePlace({
		file,
		line: containerLines["labels"] ?? line
	});
}
// src/plan/container.ts
/**
* What the container is and what it is called: of `<containerconfig>`, and over it, key by key, of the input.
*
* @param base of the plan
* @param problems what is found wrong is added here
*/
function chosenContainer(inputs, source, base, problems) {
	const { containerconfig, naming } = inputs;
	const selected = source?.kind === "description" ? source.selected : void 0;
	const names = containerNames({
		...selected?.naming,
		...naming
	});
	const unused = naming.tag ? "tag" : naming.additionalNames ? "additionalnames" : void 0;
	if (unused !== void 0 && names.length === 0 && source !== void 0) problems.push({
		where: "input containerconfig",
		text: `${unused}: belongs to a name, and there is none: write name`
	});
	const config = mergedChanges(selected?.containerConfig ?? {}, containerconfig);
	problems.push(...containerDiskProblems(config, inputs, source));
	return {
		config: containerDiskChanges(config, inputs, base),
		names
	};
}
// src/description/bundle.ts
/**
* The name, without what its format ends it with, that `bundle_format` gives the disk in the image (kiwi/system/result.py
* `add_bundle_format` and `get_name_for_pattern`, kiwi/storage/subformat/oci.py).
*
* A version has three parts there, or one; KIWI fails with a ValueError where it has two. Here a part that is not there
* is empty: of `1.2` %M is `1`, %m is `2` and %p is nothing; %p holds all that follows the second dot.
*
* @param name of the image, @param architecture `uname -m`
* @returns undefined where the type has no `bundle_format`, or one that comes to nothing: the disk has its usual name
*/
function bundleName(selected, name, architecture) {
	const { bundleFormat, version } = selected;
	if (bundleFormat === void 0) return void 0;
	const [major = "", minor = "", ...patch] = version.split(".");
	const text = [
		["%N", name],
		["%P", selected.profiles.join("_")],
		["%A", architecture],
		["%T", selected.image],
		["%M", major],
		["%m", minor],
		["%p", patch.join(".")],
		["%v", version],
		["%I", ""]
	].reduce((done, [tag, value]) => done.replaceAll(tag, () => value), bundleFormat);
	return text === "" ? void 0 : text;
}
/** Why a disk cannot have the name that `bundle_format` came to, as a part of a sentence; undefined where it can. */
function bundleProblem(name) {
	return name.includes("/") ? "it names a file and no folder: write it without /" : diskPathProblem(`/disk/${name}.qcow2`);
}
// src/description/find.ts
const YAML_NAMES = ["config.yaml", "config.yml"];
/**
* Finds the main file of a description: `config.xml` before the only `*.kiwi` (kiwi/tasks/base.py), before
* `config.yaml` or `config.yml`.
*
* @param path a folder, or the file itself; from the working folder where it is relative
* @throws InputError for the input `description`: it is missing, holds no description, or more than one
*/
async function findDescription(path) {
	const refuse = (text) => new InputError([{
		where: "input description",
		text
	}]);
	const place = resolve(path);
	const stats = await stat(place).catch(() => void 0);
	if (stats === void 0) throw refuse(`${path} does not exist: name the folder of a KIWI description`);
	if (stats.isFile()) return {
		folder: dirname(place),
		file: place
	};
	if (!stats.isDirectory()) throw refuse(`${path} is neither a folder nor a file: name the folder of a KIWI description`);
	const names = await filesIn(place, () => refuse(`${path} cannot be read: give us the right to read it`));
	if (names.includes("config.xml")) return {
		folder: place,
		file: join(place, "config.xml")
	};
	const kiwiNames = names.filter((name) => name.endsWith(".kiwi"));
	const candidates = kiwiNames.length > 0 ? kiwiNames : names.filter((name) => YAML_NAMES.includes(name));
	const [name, ...others] = candidates;
	if (name === void 0) throw refuse(`${path} holds no config.xml, *.kiwi, config.yaml or config.yml: name the folder of a KIWI description`);
	if (others.length > 0) throw refuse(`${path} holds ${candidates.join(" and ")}: name the file to build, such as ${join(path, name)}`);
	return {
		folder: place,
		file: join(place, name)
	};
}
async function filesIn(folder, unreadable) {
	const names = await readdir(folder).catch(() => {
		throw unreadable();
	});
	const isFile = (name) => stat(join(folder, name)).then((stats) => stats.isFile(), () => false);
	return (await Promise.all(names.sort().map(async (name) => await isFile(name) ? [name] : []))).flat();
}
// src/description/place.ts
/**
* A problem at a place in a description file.
*
* @param file absolute, @param line from 1, @param text one sentence without the place: what is wrong, what to write
*/
function descriptionProblem(file, line, text) {
	return {
		where: `${basename(file)}:${line}`,
		text,
		file,
		line
	};
}
/** The line, from 1, of an offset in `text`; XML 1.0 section 2.11 says what ends a line. */
function lineCounter(text) {
	const starts = [0];
	for (const end of text.matchAll(/\r\n|\r|\n/g)) starts.push(end.index + end[0].length);
	return (offset) => lastAtOrBefore(starts, offset) + 1;
}
/** Index of the last entry of the ascending `values` that is not above `wanted`; -1 where all are. */
function lastAtOrBefore(values, wanted) {
	let low = 0;
	let high = values.length;
	while (low < high) {
		const middle = low + high >> 1;
		if ((values[middle] ?? 0) <= wanted) low = middle + 1;
		else high = middle;
	}
	return low - 1;
}
// src/description/containerrules.ts
const TEXT = {};
const BOOLEAN = {
	pattern: /^(true|false|1|0)$/,
	advice: "true or false"
};
const PORT = {
	pattern: /^\d+(\/(udp|tcp))?$/,
	advice: "a number, with /tcp or /udp behind it where it matters"
};
/** Four numbers up to 65535 (`package-version-type`). */
const PACKAGE_VERSION = {
	pattern: /^(?:(?:^|\.)(?:0|[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])){4}$/,
	advice: "four numbers, such as 1.0.0.0"
};
const COMMAND = {
	attributes: {
		execute: TEXT,
		clear: BOOLEAN
	},
	either: ["execute", "clear"],
	children: { argument: {
		rule: {
			attributes: { name: TEXT },
			required: ["name"]
		},
		several: "any"
	} }
};
/** The schema has one `<volume>` for containers and for LVM. */
const VOLUME_ATTRIBUTES = [...[
	"name",
	"copy_on_write",
	"quota",
	"filesystem_check",
	"freespace",
	"mountpoint",
	"label",
	"parent",
	"size",
	"arch"
]];
/** kiwi/schema/kiwi.rnc from `main block: <containerconfig>` on. */
const CONTAINERCONFIG = {
	attributes: {
		name: TEXT,
		tag: TEXT,
		additionalnames: TEXT,
		maintainer: TEXT,
		user: TEXT,
		workingdir: TEXT
	},
	required: ["name"],
	children: {
		entrypoint: { rule: COMMAND },
		subcommand: { rule: COMMAND },
		expose: { rule: { children: { port: list({ number: PORT }) } } },
		volumes: { rule: { children: { volume: list(Object.fromEntries(VOLUME_ATTRIBUTES.map((name) => [name, TEXT])), ["name"]) } } },
		stopsignal: { rule: { text: true } },
		environment: { rule: { children: { env: list({
			name: TEXT,
			value: TEXT
		}) } } },
		labels: { rule: { children: { label: list({
			name: TEXT,
			value: TEXT
		}) } } },
		history: { rule: {
			attributes: {
				created_by: TEXT,
				author: TEXT,
				application_id: TEXT,
				package_version: PACKAGE_VERSION,
				launcher: TEXT
			},
			text: true
		} }
	}
};
function list(attributes, required = Object.keys(attributes)) {
	return {
		rule: {
			attributes,
			required
		},
		several: "one or more"
	};
}
/**
* What KIWI's schema would refuse in the `<containerconfig>` of a type. KIWI itself does not see it: the copy that it
* builds from is without.
*
* @param type a disk type, @param schemaVersion of the description
*/
function containerProblems(type, schemaVersion) {
	const attributes = {
		...CONTAINERCONFIG.attributes,
		...Number(schemaVersion) < 7.5 ? { additionaltags: TEXT } : {}
	};
	const rule = {
		...CONTAINERCONFIG,
		attributes
	};
	return type.children.filter((child) => child.name === "containerconfig").flatMap((section, index) => index === 0 ? elementProblems(section, rule) : [problemAt(section, "is there twice: write one")]);
}
function elementProblems(element, rule) {
	const text = rule.text !== true && element.text.trim() !== "";
	return [
		...attributeProblems(element, rule),
		...missingProblems(element, rule),
		...childProblems(element, rule.children ?? {}),
		...text ? [problemAt(element, `holds the text ${JSON.stringify(element.text.trim())}: remove it`)] : []
	];
}
function attributeProblems(element, { attributes = {} }) {
	return element.attributes.filter(({ name }) => !/^xmlns(:|$)/.test(name)).flatMap(({ name, value, line }) => {
		const known = Object.hasOwn(attributes, name) ? attributes[name] : void 0;
		if (known === void 0) return [problemAt({
			...element,
			line
		}, `has no attribute ${name}: ${advice$1(name, Object.keys(attributes))}`)];
		if (known.pattern?.test(value.trim()) ?? true) return [];
		return [problemAt({
			...element,
			line
		}, `cannot have ${name}="${value}": write ${known.advice}`)];
	});
}
function missingProblems(element, { required = [], either = [] }) {
	const has = (name) => element.attributes.some((attribute) => attribute.name === name);
	const missing = required.filter((name) => !has(name)).map((name) => problemAt(element, `needs ${name}="…"`));
	if (either.length === 0 || either.filter(has).length === 1) return missing;
	return [...missing, problemAt(element, `takes one of ${either.map((name) => `${name}="…"`).join(" and ")}`)];
}
function childProblems(element, children) {
	const seen = /* @__PURE__ */ new Set();
	const problems = element.children.flatMap((child) => {
		const known = Object.hasOwn(children, child.name) ? children[child.name] : void 0;
		if (known === void 0) return [problemAt(child, `has no place in <${element.name}>: ${advice$1(child.name, Object.keys(children))}`)];
		const isAgain = seen.has(child.name) && known.several === void 0;
		seen.add(child.name);
		return isAgain ? [problemAt(child, "is there twice: write one")] : elementProblems(child, known.rule);
	});
	const absent = Object.entries(children).filter(([name, { several }]) => several === "one or more" && !seen.has(name));
	return [...problems, ...absent.map(([name]) => problemAt(element, `is empty: write a <${name} …/> in it`))];
}
function advice$1(wrong, known) {
	if (known.length === 0) return "remove it";
	const nearest = nearestWord(wrong, known);
	return `${nearest === void 0 ? "" : `did you mean ${nearest}? `}known are ${known.join(", ")}`;
}
function problemAt(element, text) {
	return descriptionProblem(element.file, element.line, `<${element.name}> ${text}`);
}
// src/description/description.ts
/** The attributes of an element as a record. */
function attributesOf(element) {
	return Object.fromEntries(element.attributes.map((attribute) => [attribute.name, attribute.value]));
}
/** Parts of a list that KIWI splits at commas and nothing else (kiwi/xml_state.py); empty for an attribute left out. */
function commaParts(value) {
	return value === void 0 || value === "" ? [] : value.split(",");
}
// src/description/encoding.ts
const BYTE_ORDER_MARKS = [
	["utf-32", [
		255,
		254,
		0,
		0
	]],
	["utf-32", [
		0,
		0,
		254,
		255
	]],
	["utf-8", [
		239,
		187,
		191
	]],
	["utf-16le", [255, 254]],
	["utf-16be", [254, 255]],
	["utf-16le", [60, 0]],
	["utf-16be", [0, 60]]
];
/**
* The text of a description file, without its byte order mark. The encoding is that of the byte order mark, else the
* one of the XML declaration, else UTF-8 (XML 1.0, appendix F).
*
* @param bytes the whole file, @param file where it stands, for the message
* @throws DescriptionError for an encoding that we do not know, and for bytes that are none in it (with their line)
*/
function decodedText(bytes, file) {
	const mark = BYTE_ORDER_MARKS.find(([, start]) => start.every((byte, index) => bytes[index] === byte));
	const declared = declaredEncoding(bytes);
	const encoding = mark?.[0] ?? declared ?? "utf-8";
	if (mark === void 0 && /^(utf-?16|ucs-?2|iso-10646)/i.test(encoding)) throw encodingError(file, 1, `the XML declaration says ${encoding}, but the file is not written so: write UTF-8`);
	const decoder = decoderFor(encoding, file);
	try {
		return decoder.decode(bytes);
	} catch {
		throw encodingError(file, firstBadLine(bytes, encoding), `these bytes are no ${encoding.toUpperCase()}: save the file as UTF-8`);
	}
}
function declaredEncoding(bytes) {
	const start = Buffer.from(bytes.subarray(0, 1024)).toString("latin1");
	return /^(?:\xef\xbb\xbf)?<\?xml\s[^?]*?encoding\s*=\s*["']([^"']*)["']/.exec(start)?.[1];
}
function decoderFor(encoding, file) {
	try {
		return new TextDecoder(encoding, { fatal: true });
	} catch {
		throw encodingError(file, 1, `the encoding ${encoding} is not known: save the file as UTF-8 and declare that`);
	}
}
function firstBadLine(bytes, encoding) {
	if (encoding.startsWith("utf-16")) return 1;
	let line = 1;
	for (let start = 0; start < bytes.length; line += 1) {
		const newline = bytes.indexOf(10, start);
		const end = newline === -1 ? bytes.length : newline + 1;
		try {
			new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(start, end));
		} catch {
			return line;
		}
		start = end;
	}
	return line;
}
function encodingError(file, line, text) {
	return new DescriptionError([descriptionProblem(file, line, text)]);
}
// src/description/file.ts
/** The largest of KIWI's own have 200 KiB. */
const LIMIT_BYTES = 16777216;
/**
* The content of a file of a description: a device or a pipe, to which an `<include>` may lead, has no end.
*
* @throws DescriptionError when it is no regular file or has more than 16 MiB; errors of the file system
*/
async function descriptionBytes(path) {
	await using file = await open(path, constants$2.O_RDONLY | constants$2.O_NONBLOCK);
	const stat = await file.stat();
	const refused = (text) => new DescriptionError([descriptionProblem(path, 1, text)]);
	if (!stat.isFile()) throw refused(`${path} is no regular file: name the file of a description`);
	if (stat.size > LIMIT_BYTES) throw refused(`${path} has ${stat.size} bytes: a description has at most 16 MiB`);
	return await file.readFile();
}
// src/description/include.ts
/**
* The file that `<include from="…"/>` names, absolute. KIWI takes a relative one from where it was started
* (kiwi/markup/base.py); we start KIWI elsewhere and take it from the description's folder, which its manual shows.
*/
function includedFile(from, folder) {
	return resolve(folder, from.replace(/^(this|file|dir):(\/\/)?/, ""));
}
// node_modules/xmlchars/xml/1.0/ed5.js
var require_ed5 = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Character classes and associated utilities for the 5th edition of XML 1.0.
	*
	* @author Louis-Dominique Dubeau
	* @license MIT
	* @copyright Louis-Dominique Dubeau
	*/
	Object.defineProperty(exports, "__esModule", { value: true });
	exports.CHAR = "	\n\r -퟿-�𐀀-􏿿";
	exports.S = " 	\r\n";
	exports.NAME_START_CHAR = ":A-Z_a-zÀ-ÖØ-öø-˿Ͱ-ͽͿ-῿‌‍⁰-↏Ⰰ-⿯、-퟿豈-﷏ﷰ-�𐀀-󯿿";
	exports.NAME_CHAR = "-" + exports.NAME_START_CHAR + ".0-9·̀-ͯ‿-⁀";
	exports.CHAR_RE = new RegExp("^[" + exports.CHAR + "]$", "u");
	exports.S_RE = new RegExp("^[" + exports.S + "]+$", "u");
	exports.NAME_START_CHAR_RE = new RegExp("^[" + exports.NAME_START_CHAR + "]$", "u");
	exports.NAME_CHAR_RE = new RegExp("^[" + exports.NAME_CHAR + "]$", "u");
	exports.NAME_RE = new RegExp("^[" + exports.NAME_START_CHAR + "][" + exports.NAME_CHAR + "]*$", "u");
	exports.NMTOKEN_RE = new RegExp("^[" + exports.NAME_CHAR + "]+$", "u");
	var TAB = 9;
	var NL = 10;
	var CR = 13;
	var SPACE = 32;
	/** All characters in the ``S`` production. */
	exports.S_LIST = [
		SPACE,
		NL,
		CR,
		TAB
	];
	/**
	* Determines whether a codepoint matches the ``CHAR`` production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``CHAR``.
	*/
	function isChar(c) {
		return c >= SPACE && c <= 55295 || c === NL || c === CR || c === TAB || c >= 57344 && c <= 65533 || c >= 65536 && c <= 1114111;
	}
	exports.isChar = isChar;
	/**
	* Determines whether a codepoint matches the ``S`` (space) production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``S``.
	*/
	function isS(c) {
		return c === SPACE || c === NL || c === CR || c === TAB;
	}
	exports.isS = isS;
	/**
	* Determines whether a codepoint matches the ``NAME_START_CHAR`` production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``NAME_START_CHAR``.
	*/
	function isNameStartChar(c) {
		return c >= 65 && c <= 90 || c >= 97 && c <= 122 || c === 58 || c === 95 || c === 8204 || c === 8205 || c >= 192 && c <= 214 || c >= 216 && c <= 246 || c >= 248 && c <= 767 || c >= 880 && c <= 893 || c >= 895 && c <= 8191 || c >= 8304 && c <= 8591 || c >= 11264 && c <= 12271 || c >= 12289 && c <= 55295 || c >= 63744 && c <= 64975 || c >= 65008 && c <= 65533 || c >= 65536 && c <= 983039;
	}
	exports.isNameStartChar = isNameStartChar;
	/**
	* Determines whether a codepoint matches the ``NAME_CHAR`` production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``NAME_CHAR``.
	*/
	function isNameChar(c) {
		return isNameStartChar(c) || c >= 48 && c <= 57 || c === 45 || c === 46 || c === 183 || c >= 768 && c <= 879 || c >= 8255 && c <= 8256;
	}
	exports.isNameChar = isNameChar;
}));
// node_modules/xmlchars/xml/1.1/ed2.js
var require_ed2 = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Character classes and associated utilities for the 2nd edition of XML 1.1.
	*
	* @author Louis-Dominique Dubeau
	* @license MIT
	* @copyright Louis-Dominique Dubeau
	*/
	Object.defineProperty(exports, "__esModule", { value: true });
	exports.CHAR = "-퟿-�𐀀-􏿿";
	exports.RESTRICTED_CHAR = "-\b\v\f---";
	exports.S = " 	\r\n";
	exports.NAME_START_CHAR = ":A-Z_a-zÀ-ÖØ-öø-˿Ͱ-ͽͿ-῿‌‍⁰-↏Ⰰ-⿯、-퟿豈-﷏ﷰ-�𐀀-󯿿";
	exports.NAME_CHAR = "-" + exports.NAME_START_CHAR + ".0-9·̀-ͯ‿-⁀";
	exports.CHAR_RE = new RegExp("^[" + exports.CHAR + "]$", "u");
	exports.RESTRICTED_CHAR_RE = new RegExp("^[" + exports.RESTRICTED_CHAR + "]$", "u");
	exports.S_RE = new RegExp("^[" + exports.S + "]+$", "u");
	exports.NAME_START_CHAR_RE = new RegExp("^[" + exports.NAME_START_CHAR + "]$", "u");
	exports.NAME_CHAR_RE = new RegExp("^[" + exports.NAME_CHAR + "]$", "u");
	exports.NAME_RE = new RegExp("^[" + exports.NAME_START_CHAR + "][" + exports.NAME_CHAR + "]*$", "u");
	exports.NMTOKEN_RE = new RegExp("^[" + exports.NAME_CHAR + "]+$", "u");
	var TAB = 9;
	var NL = 10;
	var CR = 13;
	var SPACE = 32;
	/** All characters in the ``S`` production. */
	exports.S_LIST = [
		SPACE,
		NL,
		CR,
		TAB
	];
	/**
	* Determines whether a codepoint matches the ``CHAR`` production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``CHAR``.
	*/
	function isChar(c) {
		return c >= 1 && c <= 55295 || c >= 57344 && c <= 65533 || c >= 65536 && c <= 1114111;
	}
	exports.isChar = isChar;
	/**
	* Determines whether a codepoint matches the ``RESTRICTED_CHAR`` production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``RESTRICTED_CHAR``.
	*/
	function isRestrictedChar(c) {
		return c >= 1 && c <= 8 || c === 11 || c === 12 || c >= 14 && c <= 31 || c >= 127 && c <= 132 || c >= 134 && c <= 159;
	}
	exports.isRestrictedChar = isRestrictedChar;
	/**
	* Determines whether a codepoint matches the ``CHAR`` production and does not
	* match the ``RESTRICTED_CHAR`` production. ``isCharAndNotRestricted(x)`` is
	* equivalent to ``isChar(x) && !isRestrictedChar(x)``. This function is faster
	* than running the two-call equivalent.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``CHAR`` and does not match
	* ``RESTRICTED_CHAR``.
	*/
	function isCharAndNotRestricted(c) {
		return c === 9 || c === 10 || c === 13 || c > 31 && c < 127 || c === 133 || c > 159 && c <= 55295 || c >= 57344 && c <= 65533 || c >= 65536 && c <= 1114111;
	}
	exports.isCharAndNotRestricted = isCharAndNotRestricted;
	/**
	* Determines whether a codepoint matches the ``S`` (space) production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``S``.
	*/
	function isS(c) {
		return c === SPACE || c === NL || c === CR || c === TAB;
	}
	exports.isS = isS;
	/**
	* Determines whether a codepoint matches the ``NAME_START_CHAR`` production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``NAME_START_CHAR``.
	*/
	function isNameStartChar(c) {
		return c >= 65 && c <= 90 || c >= 97 && c <= 122 || c === 58 || c === 95 || c === 8204 || c === 8205 || c >= 192 && c <= 214 || c >= 216 && c <= 246 || c >= 248 && c <= 767 || c >= 880 && c <= 893 || c >= 895 && c <= 8191 || c >= 8304 && c <= 8591 || c >= 11264 && c <= 12271 || c >= 12289 && c <= 55295 || c >= 63744 && c <= 64975 || c >= 65008 && c <= 65533 || c >= 65536 && c <= 983039;
	}
	exports.isNameStartChar = isNameStartChar;
	/**
	* Determines whether a codepoint matches the ``NAME_CHAR`` production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``NAME_CHAR``.
	*/
	function isNameChar(c) {
		return isNameStartChar(c) || c >= 48 && c <= 57 || c === 45 || c === 46 || c === 183 || c >= 768 && c <= 879 || c >= 8255 && c <= 8256;
	}
	exports.isNameChar = isNameChar;
}));
// node_modules/xmlchars/xmlns/1.0/ed3.js
var require_ed3 = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Character class utilities for XML NS 1.0 edition 3.
	*
	* @author Louis-Dominique Dubeau
	* @license MIT
	* @copyright Louis-Dominique Dubeau
	*/
	Object.defineProperty(exports, "__esModule", { value: true });
	exports.NC_NAME_START_CHAR = "A-Z_a-zÀ-ÖØ-öø-˿Ͱ-ͽͿ-῿‌-‍⁰-↏Ⰰ-⿯、-퟿豈-﷏ﷰ-�𐀀-󯿿";
	exports.NC_NAME_CHAR = "-" + exports.NC_NAME_START_CHAR + ".0-9·̀-ͯ‿-⁀";
	exports.NC_NAME_START_CHAR_RE = new RegExp("^[" + exports.NC_NAME_START_CHAR + "]$", "u");
	exports.NC_NAME_CHAR_RE = new RegExp("^[" + exports.NC_NAME_CHAR + "]$", "u");
	exports.NC_NAME_RE = new RegExp("^[" + exports.NC_NAME_START_CHAR + "][" + exports.NC_NAME_CHAR + "]*$", "u");
	/**
	* Determines whether a codepoint matches [[NC_NAME_START_CHAR]].
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches.
	*/
	function isNCNameStartChar(c) {
		return c >= 65 && c <= 90 || c === 95 || c >= 97 && c <= 122 || c >= 192 && c <= 214 || c >= 216 && c <= 246 || c >= 248 && c <= 767 || c >= 880 && c <= 893 || c >= 895 && c <= 8191 || c >= 8204 && c <= 8205 || c >= 8304 && c <= 8591 || c >= 11264 && c <= 12271 || c >= 12289 && c <= 55295 || c >= 63744 && c <= 64975 || c >= 65008 && c <= 65533 || c >= 65536 && c <= 983039;
	}
	exports.isNCNameStartChar = isNCNameStartChar;
	/**
	* Determines whether a codepoint matches [[NC_NAME_CHAR]].
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches.
	*/
	function isNCNameChar(c) {
		return isNCNameStartChar(c) || c === 45 || c === 46 || c >= 48 && c <= 57 || c === 183 || c >= 768 && c <= 879 || c >= 8255 && c <= 8256;
	}
	exports.isNCNameChar = isNCNameChar;
}));
// src/description/entities.ts
var import_saxes = (/* @__PURE__ */ __commonJSMin(((exports) => {
	Object.defineProperty(exports, "__esModule", { value: true });
	exports.SaxesParser = exports.EVENTS = void 0;
	const ed5 = require_ed5();
	const ed2 = require_ed2();
	const NSed3 = require_ed3();
	var isS = ed5.isS;
	var isChar10 = ed5.isChar;
	var isNameStartChar = ed5.isNameStartChar;
	var isNameChar = ed5.isNameChar;
	var S_LIST = ed5.S_LIST;
	var NAME_RE = ed5.NAME_RE;
	var isChar11 = ed2.isChar;
	var isNCNameStartChar = NSed3.isNCNameStartChar;
	var isNCNameChar = NSed3.isNCNameChar;
	var NC_NAME_RE = NSed3.NC_NAME_RE;
	const XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace";
	const XMLNS_NAMESPACE = "http://www.w3.org/2000/xmlns/";
	const rootNS = {
		__proto__: null,
		xml: XML_NAMESPACE,
		xmlns: XMLNS_NAMESPACE
	};
	const XML_ENTITIES = {
		__proto__: null,
		amp: "&",
		gt: ">",
		lt: "<",
		quot: "\"",
		apos: "'"
	};
	const EOC = -1;
	const NL_LIKE = -2;
	const S_BEGIN = 0;
	const S_BEGIN_WHITESPACE = 1;
	const S_DOCTYPE = 2;
	const S_DOCTYPE_QUOTE = 3;
	const S_DTD = 4;
	const S_DTD_QUOTED = 5;
	const S_DTD_OPEN_WAKA = 6;
	const S_DTD_OPEN_WAKA_BANG = 7;
	const S_DTD_COMMENT = 8;
	const S_DTD_COMMENT_ENDING = 9;
	const S_DTD_COMMENT_ENDED = 10;
	const S_DTD_PI = 11;
	const S_DTD_PI_ENDING = 12;
	const S_TEXT = 13;
	const S_ENTITY = 14;
	const S_OPEN_WAKA = 15;
	const S_OPEN_WAKA_BANG = 16;
	const S_COMMENT = 17;
	const S_COMMENT_ENDING = 18;
	const S_COMMENT_ENDED = 19;
	const S_CDATA = 20;
	const S_CDATA_ENDING = 21;
	const S_CDATA_ENDING_2 = 22;
	const S_PI_FIRST_CHAR = 23;
	const S_PI_REST = 24;
	const S_PI_BODY = 25;
	const S_PI_ENDING = 26;
	const S_XML_DECL_NAME_START = 27;
	const S_XML_DECL_NAME = 28;
	const S_XML_DECL_EQ = 29;
	const S_XML_DECL_VALUE_START = 30;
	const S_XML_DECL_VALUE = 31;
	const S_XML_DECL_SEPARATOR = 32;
	const S_XML_DECL_ENDING = 33;
	const S_OPEN_TAG = 34;
	const S_OPEN_TAG_SLASH = 35;
	const S_ATTRIB = 36;
	const S_ATTRIB_NAME = 37;
	const S_ATTRIB_NAME_SAW_WHITE = 38;
	const S_ATTRIB_VALUE = 39;
	const S_ATTRIB_VALUE_QUOTED = 40;
	const S_ATTRIB_VALUE_CLOSED = 41;
	const S_ATTRIB_VALUE_UNQUOTED = 42;
	const S_CLOSE_TAG = 43;
	const S_CLOSE_TAG_SAW_WHITE = 44;
	const TAB = 9;
	const NL = 10;
	const CR = 13;
	const SPACE = 32;
	const BANG = 33;
	const DQUOTE = 34;
	const AMP = 38;
	const SQUOTE = 39;
	const MINUS = 45;
	const FORWARD_SLASH = 47;
	const SEMICOLON = 59;
	const LESS = 60;
	const EQUAL = 61;
	const GREATER = 62;
	const QUESTION = 63;
	const OPEN_BRACKET = 91;
	const CLOSE_BRACKET = 93;
	const NEL = 133;
	const LS = 8232;
	const isQuote = (c) => c === DQUOTE || c === SQUOTE;
	const QUOTES = [DQUOTE, SQUOTE];
	const DOCTYPE_TERMINATOR = [
		...QUOTES,
		OPEN_BRACKET,
		GREATER
	];
	const DTD_TERMINATOR = [
		...QUOTES,
		LESS,
		CLOSE_BRACKET
	];
	const XML_DECL_NAME_TERMINATOR = [
		EQUAL,
		QUESTION,
		...S_LIST
	];
	const ATTRIB_VALUE_UNQUOTED_TERMINATOR = [
		...S_LIST,
		GREATER,
		AMP,
		LESS
	];
	function nsPairCheck(parser, prefix, uri) {
		switch (prefix) {
			case "xml":
				if (uri !== XML_NAMESPACE) parser.fail(`xml prefix must be bound to ${XML_NAMESPACE}.`);
				break;
			case "xmlns": if (uri !== XMLNS_NAMESPACE) parser.fail(`xmlns prefix must be bound to ${XMLNS_NAMESPACE}.`);
		}
		switch (uri) {
			case XMLNS_NAMESPACE:
				parser.fail(prefix === "" ? `the default namespace may not be set to ${uri}.` : `may not assign a prefix (even "xmlns") to the URI \
${XMLNS_NAMESPACE}.`);
				break;
			case XML_NAMESPACE: switch (prefix) {
				case "xml": break;
				case "":
					parser.fail(`the default namespace may not be set to ${uri}.`);
					break;
				default: parser.fail("may not assign the xml namespace to another prefix.");
			}
		}
	}
	function nsMappingCheck(parser, mapping) {
		for (const local of Object.keys(mapping)) nsPairCheck(parser, local, mapping[local]);
	}
	const isNCName = (name) => NC_NAME_RE.test(name);
	const isName = (name) => NAME_RE.test(name);
	const FORBIDDEN_START = 0;
	const FORBIDDEN_BRACKET = 1;
	const FORBIDDEN_BRACKET_BRACKET = 2;
	/**
	* The list of supported events.
	*/
	exports.EVENTS = [
		"xmldecl",
		"text",
		"processinginstruction",
		"doctype",
		"comment",
		"opentagstart",
		"attribute",
		"opentag",
		"closetag",
		"cdata",
		"error",
		"end",
		"ready"
	];
	const EVENT_NAME_TO_HANDLER_NAME = {
		xmldecl: "xmldeclHandler",
		text: "textHandler",
		processinginstruction: "piHandler",
		doctype: "doctypeHandler",
		comment: "commentHandler",
		opentagstart: "openTagStartHandler",
		attribute: "attributeHandler",
		opentag: "openTagHandler",
		closetag: "closeTagHandler",
		cdata: "cdataHandler",
		error: "errorHandler",
		end: "endHandler",
		ready: "readyHandler"
	};
	var SaxesParser = class {
		/**
		* @param opt The parser options.
		*/
		constructor(opt) {
			this.opt = opt !== null && opt !== void 0 ? opt : {};
			this.fragmentOpt = !!this.opt.fragment;
			const xmlnsOpt = this.xmlnsOpt = !!this.opt.xmlns;
			this.trackPosition = this.opt.position !== false;
			this.fileName = this.opt.fileName;
			if (xmlnsOpt) {
				this.nameStartCheck = isNCNameStartChar;
				this.nameCheck = isNCNameChar;
				this.isName = isNCName;
				this.processAttribs = this.processAttribsNS;
				this.pushAttrib = this.pushAttribNS;
				this.ns = Object.assign({ __proto__: null }, rootNS);
				const additional = this.opt.additionalNamespaces;
				if (additional != null) {
					nsMappingCheck(this, additional);
					Object.assign(this.ns, additional);
				}
			} else {
				this.nameStartCheck = isNameStartChar;
				this.nameCheck = isNameChar;
				this.isName = isName;
				this.processAttribs = this.processAttribsPlain;
				this.pushAttrib = this.pushAttribPlain;
			}
			this.stateTable = [
				this.sBegin,
				this.sBeginWhitespace,
				this.sDoctype,
				this.sDoctypeQuote,
				this.sDTD,
				this.sDTDQuoted,
				this.sDTDOpenWaka,
				this.sDTDOpenWakaBang,
				this.sDTDComment,
				this.sDTDCommentEnding,
				this.sDTDCommentEnded,
				this.sDTDPI,
				this.sDTDPIEnding,
				this.sText,
				this.sEntity,
				this.sOpenWaka,
				this.sOpenWakaBang,
				this.sComment,
				this.sCommentEnding,
				this.sCommentEnded,
				this.sCData,
				this.sCDataEnding,
				this.sCDataEnding2,
				this.sPIFirstChar,
				this.sPIRest,
				this.sPIBody,
				this.sPIEnding,
				this.sXMLDeclNameStart,
				this.sXMLDeclName,
				this.sXMLDeclEq,
				this.sXMLDeclValueStart,
				this.sXMLDeclValue,
				this.sXMLDeclSeparator,
				this.sXMLDeclEnding,
				this.sOpenTag,
				this.sOpenTagSlash,
				this.sAttrib,
				this.sAttribName,
				this.sAttribNameSawWhite,
				this.sAttribValue,
				this.sAttribValueQuoted,
				this.sAttribValueClosed,
				this.sAttribValueUnquoted,
				this.sCloseTag,
				this.sCloseTagSawWhite
			];
			this._init();
		}
		/**
		* Indicates whether or not the parser is closed. If ``true``, wait for
		* the ``ready`` event to write again.
		*/
		get closed() {
			return this._closed;
		}
		_init() {
			var _a;
			this.openWakaBang = "";
			this.text = "";
			this.name = "";
			this.piTarget = "";
			this.entity = "";
			this.q = null;
			this.tags = [];
			this.tag = null;
			this.topNS = null;
			this.chunk = "";
			this.chunkPosition = 0;
			this.i = 0;
			this.prevI = 0;
			this.carriedFromPrevious = void 0;
			this.forbiddenState = FORBIDDEN_START;
			this.attribList = [];
			const { fragmentOpt } = this;
			this.state = fragmentOpt ? S_TEXT : S_BEGIN;
			this.reportedTextBeforeRoot = this.reportedTextAfterRoot = this.closedRoot = this.sawRoot = fragmentOpt;
			this.xmlDeclPossible = !fragmentOpt;
			this.xmlDeclExpects = ["version"];
			this.entityReturnState = void 0;
			let { defaultXMLVersion } = this.opt;
			if (defaultXMLVersion === void 0) {
				if (this.opt.forceXMLVersion === true) throw new Error("forceXMLVersion set but defaultXMLVersion is not set");
				defaultXMLVersion = "1.0";
			}
			this.setXMLVersion(defaultXMLVersion);
			this.positionAtNewLine = 0;
			this.doctype = false;
			this._closed = false;
			this.xmlDecl = {
				version: void 0,
				encoding: void 0,
				standalone: void 0
			};
			this.line = 1;
			this.column = 0;
			this.ENTITIES = Object.create(XML_ENTITIES);
			(_a = this.readyHandler) === null || _a === void 0 || _a.call(this);
		}
		/**
		* The stream position the parser is currently looking at. This field is
		* zero-based.
		*
		* This field is not based on counting Unicode characters but is to be
		* interpreted as a plain index into a JavaScript string.
		*/
		get position() {
			return this.chunkPosition + this.i;
		}
		/**
		* The column number of the next character to be read by the parser.  *
		* This field is zero-based. (The first column in a line is 0.)
		*
		* This field reports the index at which the next character would be in the
		* line if the line were represented as a JavaScript string.  Note that this
		* *can* be different to a count based on the number of *Unicode characters*
		* due to how JavaScript handles astral plane characters.
		*
		* See [[column]] for a number that corresponds to a count of Unicode
		* characters.
		*/
		get columnIndex() {
			return this.position - this.positionAtNewLine;
		}
		/**
		* Set an event listener on an event. The parser supports one handler per
		* event type. If you try to set an event handler over an existing handler,
		* the old handler is silently overwritten.
		*
		* @param name The event to listen to.
		*
		* @param handler The handler to set.
		*/
		on(name, handler) {
			this[EVENT_NAME_TO_HANDLER_NAME[name]] = handler;
		}
		/**
		* Unset an event handler.
		*
		* @parma name The event to stop listening to.
		*/
		off(name) {
			this[EVENT_NAME_TO_HANDLER_NAME[name]] = void 0;
		}
		/**
		* Make an error object. The error object will have a message that contains
		* the ``fileName`` option passed at the creation of the parser. If position
		* tracking was turned on, it will also have line and column number
		* information.
		*
		* @param message The message describing the error to report.
		*
		* @returns An error object with a properly formatted message.
		*/
		makeError(message) {
			var _a;
			let msg = (_a = this.fileName) !== null && _a !== void 0 ? _a : "";
			if (this.trackPosition) {
				if (msg.length > 0) msg += ":";
				msg += `${this.line}:${this.column}`;
			}
			if (msg.length > 0) msg += ": ";
			return new Error(msg + message);
		}
		/**
		* Report a parsing error. This method is made public so that client code may
		* check for issues that are outside the scope of this project and can report
		* errors.
		*
		* @param message The error to report.
		*
		* @returns this
		*/
		fail(message) {
			const err = this.makeError(message);
			const handler = this.errorHandler;
			if (handler === void 0) throw err;
			else handler(err);
			return this;
		}
		/**
		* Write a XML data to the parser.
		*
		* @param chunk The XML data to write.
		*
		* @returns this
		*/
		write(chunk) {
			if (this.closed) return this.fail("cannot write after close; assign an onready handler.");
			let end = false;
			if (chunk === null) {
				end = true;
				chunk = "";
			} else if (typeof chunk === "object") chunk = chunk.toString();
			if (this.carriedFromPrevious !== void 0) {
				chunk = `${this.carriedFromPrevious}${chunk}`;
				this.carriedFromPrevious = void 0;
			}
			let limit = chunk.length;
			const lastCode = chunk.charCodeAt(limit - 1);
			if (!end && (lastCode === CR || lastCode >= 55296 && lastCode <= 56319)) {
				this.carriedFromPrevious = chunk[limit - 1];
				limit--;
				chunk = chunk.slice(0, limit);
			}
			const { stateTable } = this;
			this.chunk = chunk;
			this.i = 0;
			while (this.i < limit) stateTable[this.state].call(this);
			this.chunkPosition += limit;
			return end ? this.end() : this;
		}
		/**
		* Close the current stream. Perform final well-formedness checks and reset
		* the parser tstate.
		*
		* @returns this
		*/
		close() {
			return this.write(null);
		}
		/**
		* Get a single code point out of the current chunk. This updates the current
		* position if we do position tracking.
		*
		* This is the algorithm to use for XML 1.0.
		*
		* @returns The character read.
		*/
		getCode10() {
			const { chunk, i } = this;
			this.prevI = i;
			this.i = i + 1;
			if (i >= chunk.length) return EOC;
			const code = chunk.charCodeAt(i);
			this.column++;
			if (code < 55296) {
				if (code >= SPACE || code === TAB) return code;
				switch (code) {
					case NL:
						this.line++;
						this.column = 0;
						this.positionAtNewLine = this.position;
						return NL;
					case CR:
						if (chunk.charCodeAt(i + 1) === NL) this.i = i + 2;
						this.line++;
						this.column = 0;
						this.positionAtNewLine = this.position;
						return NL_LIKE;
					default:
						this.fail("disallowed character.");
						return code;
				}
			}
			if (code > 56319) {
				if (!(code >= 57344 && code <= 65533)) this.fail("disallowed character.");
				return code;
			}
			const final = 65536 + (code - 55296) * 1024 + (chunk.charCodeAt(i + 1) - 56320);
			this.i = i + 2;
			if (final > 1114111) this.fail("disallowed character.");
			return final;
		}
		/**
		* Get a single code point out of the current chunk. This updates the current
		* position if we do position tracking.
		*
		* This is the algorithm to use for XML 1.1.
		*
		* @returns {number} The character read.
		*/
		getCode11() {
			const { chunk, i } = this;
			this.prevI = i;
			this.i = i + 1;
			if (i >= chunk.length) return EOC;
			const code = chunk.charCodeAt(i);
			this.column++;
			if (code < 55296) {
				if (code > 31 && code < 127 || code > 159 && code !== LS || code === TAB) return code;
				switch (code) {
					case NL:
						this.line++;
						this.column = 0;
						this.positionAtNewLine = this.position;
						return NL;
					case CR: {
						const next = chunk.charCodeAt(i + 1);
						if (next === NL || next === NEL) this.i = i + 2;
					}
					case NEL:
					case LS:
						this.line++;
						this.column = 0;
						this.positionAtNewLine = this.position;
						return NL_LIKE;
					default:
						this.fail("disallowed character.");
						return code;
				}
			}
			if (code > 56319) {
				if (!(code >= 57344 && code <= 65533)) this.fail("disallowed character.");
				return code;
			}
			const final = 65536 + (code - 55296) * 1024 + (chunk.charCodeAt(i + 1) - 56320);
			this.i = i + 2;
			if (final > 1114111) this.fail("disallowed character.");
			return final;
		}
		/**
		* Like ``getCode`` but with the return value normalized so that ``NL`` is
		* returned for ``NL_LIKE``.
		*/
		getCodeNorm() {
			const c = this.getCode();
			return c === NL_LIKE ? NL : c;
		}
		unget() {
			this.i = this.prevI;
			this.column--;
		}
		/**
		* Capture characters into a buffer until encountering one of a set of
		* characters.
		*
		* @param chars An array of codepoints. Encountering a character in the array
		* ends the capture. (``chars`` may safely contain ``NL``.)
		*
		* @return The character code that made the capture end, or ``EOC`` if we hit
		* the end of the chunk. The return value cannot be NL_LIKE: NL is returned
		* instead.
		*/
		captureTo(chars) {
			let { i: start } = this;
			const { chunk } = this;
			while (true) {
				const c = this.getCode();
				const isNLLike = c === NL_LIKE;
				const final = isNLLike ? NL : c;
				if (final === EOC || chars.includes(final)) {
					this.text += chunk.slice(start, this.prevI);
					return final;
				}
				if (isNLLike) {
					this.text += `${chunk.slice(start, this.prevI)}\n`;
					start = this.i;
				}
			}
		}
		/**
		* Capture characters into a buffer until encountering a character.
		*
		* @param char The codepoint that ends the capture. **NOTE ``char`` MAY NOT
		* CONTAIN ``NL``.** Passing ``NL`` will result in buggy behavior.
		*
		* @return ``true`` if we ran into the character. Otherwise, we ran into the
		* end of the current chunk.
		*/
		captureToChar(char) {
			let { i: start } = this;
			const { chunk } = this;
			while (true) {
				let c = this.getCode();
				switch (c) {
					case NL_LIKE:
						this.text += `${chunk.slice(start, this.prevI)}\n`;
						start = this.i;
						c = NL;
						break;
					case EOC:
						this.text += chunk.slice(start);
						return false;
				}
				if (c === char) {
					this.text += chunk.slice(start, this.prevI);
					return true;
				}
			}
		}
		/**
		* Capture characters that satisfy ``isNameChar`` into the ``name`` field of
		* this parser.
		*
		* @return The character code that made the test fail, or ``EOC`` if we hit
		* the end of the chunk. The return value cannot be NL_LIKE: NL is returned
		* instead.
		*/
		captureNameChars() {
			const { chunk, i: start } = this;
			while (true) {
				const c = this.getCode();
				if (c === EOC) {
					this.name += chunk.slice(start);
					return EOC;
				}
				if (!isNameChar(c)) {
					this.name += chunk.slice(start, this.prevI);
					return c === NL_LIKE ? NL : c;
				}
			}
		}
		/**
		* Skip white spaces.
		*
		* @return The character that ended the skip, or ``EOC`` if we hit
		* the end of the chunk. The return value cannot be NL_LIKE: NL is returned
		* instead.
		*/
		skipSpaces() {
			while (true) {
				const c = this.getCodeNorm();
				if (c === EOC || !isS(c)) return c;
			}
		}
		setXMLVersion(version) {
			this.currentXMLVersion = version;
			if (version === "1.0") {
				this.isChar = isChar10;
				this.getCode = this.getCode10;
			} else {
				this.isChar = isChar11;
				this.getCode = this.getCode11;
			}
		}
		sBegin() {
			if (this.chunk.charCodeAt(0) === 65279) {
				this.i++;
				this.column++;
			}
			this.state = S_BEGIN_WHITESPACE;
		}
		sBeginWhitespace() {
			const iBefore = this.i;
			const c = this.skipSpaces();
			if (this.prevI !== iBefore) this.xmlDeclPossible = false;
			switch (c) {
				case LESS:
					this.state = S_OPEN_WAKA;
					if (this.text.length !== 0) throw new Error("no-empty text at start");
					break;
				case EOC: break;
				default:
					this.unget();
					this.state = S_TEXT;
					this.xmlDeclPossible = false;
			}
		}
		sDoctype() {
			var _a;
			const c = this.captureTo(DOCTYPE_TERMINATOR);
			switch (c) {
				case GREATER:
					(_a = this.doctypeHandler) === null || _a === void 0 || _a.call(this, this.text);
					this.text = "";
					this.state = S_TEXT;
					this.doctype = true;
					break;
				case EOC: break;
				default:
					this.text += String.fromCodePoint(c);
					if (c === OPEN_BRACKET) this.state = S_DTD;
					else if (isQuote(c)) {
						this.state = S_DOCTYPE_QUOTE;
						this.q = c;
					}
			}
		}
		sDoctypeQuote() {
			const q = this.q;
			if (this.captureToChar(q)) {
				this.text += String.fromCodePoint(q);
				this.q = null;
				this.state = S_DOCTYPE;
			}
		}
		sDTD() {
			const c = this.captureTo(DTD_TERMINATOR);
			if (c === EOC) return;
			this.text += String.fromCodePoint(c);
			if (c === CLOSE_BRACKET) this.state = S_DOCTYPE;
			else if (c === LESS) this.state = S_DTD_OPEN_WAKA;
			else if (isQuote(c)) {
				this.state = S_DTD_QUOTED;
				this.q = c;
			}
		}
		sDTDQuoted() {
			const q = this.q;
			if (this.captureToChar(q)) {
				this.text += String.fromCodePoint(q);
				this.state = S_DTD;
				this.q = null;
			}
		}
		sDTDOpenWaka() {
			const c = this.getCodeNorm();
			this.text += String.fromCodePoint(c);
			switch (c) {
				case BANG:
					this.state = S_DTD_OPEN_WAKA_BANG;
					this.openWakaBang = "";
					break;
				case QUESTION:
					this.state = S_DTD_PI;
					break;
				default: this.state = S_DTD;
			}
		}
		sDTDOpenWakaBang() {
			const char = String.fromCodePoint(this.getCodeNorm());
			const owb = this.openWakaBang += char;
			this.text += char;
			if (owb !== "-") {
				this.state = owb === "--" ? S_DTD_COMMENT : S_DTD;
				this.openWakaBang = "";
			}
		}
		sDTDComment() {
			if (this.captureToChar(MINUS)) {
				this.text += "-";
				this.state = S_DTD_COMMENT_ENDING;
			}
		}
		sDTDCommentEnding() {
			const c = this.getCodeNorm();
			this.text += String.fromCodePoint(c);
			this.state = c === MINUS ? S_DTD_COMMENT_ENDED : S_DTD_COMMENT;
		}
		sDTDCommentEnded() {
			const c = this.getCodeNorm();
			this.text += String.fromCodePoint(c);
			if (c === GREATER) this.state = S_DTD;
			else {
				this.fail("malformed comment.");
				this.state = S_DTD_COMMENT;
			}
		}
		sDTDPI() {
			if (this.captureToChar(QUESTION)) {
				this.text += "?";
				this.state = S_DTD_PI_ENDING;
			}
		}
		sDTDPIEnding() {
			const c = this.getCodeNorm();
			this.text += String.fromCodePoint(c);
			if (c === GREATER) this.state = S_DTD;
		}
		sText() {
			if (this.tags.length !== 0) this.handleTextInRoot();
			else this.handleTextOutsideRoot();
		}
		sEntity() {
			let { i: start } = this;
			const { chunk } = this;
			loop: while (true) switch (this.getCode()) {
				case NL_LIKE:
					this.entity += `${chunk.slice(start, this.prevI)}\n`;
					start = this.i;
					break;
				case SEMICOLON: {
					const { entityReturnState } = this;
					const entity = this.entity + chunk.slice(start, this.prevI);
					this.state = entityReturnState;
					let parsed;
					if (entity === "") {
						this.fail("empty entity name.");
						parsed = "&;";
					} else {
						parsed = this.parseEntity(entity);
						this.entity = "";
					}
					if (entityReturnState !== S_TEXT || this.textHandler !== void 0) this.text += parsed;
					break loop;
				}
				case EOC:
					this.entity += chunk.slice(start);
					break loop;
			}
		}
		sOpenWaka() {
			const c = this.getCode();
			if (isNameStartChar(c)) {
				this.state = S_OPEN_TAG;
				this.unget();
				this.xmlDeclPossible = false;
			} else switch (c) {
				case FORWARD_SLASH:
					this.state = S_CLOSE_TAG;
					this.xmlDeclPossible = false;
					break;
				case BANG:
					this.state = S_OPEN_WAKA_BANG;
					this.openWakaBang = "";
					this.xmlDeclPossible = false;
					break;
				case QUESTION:
					this.state = S_PI_FIRST_CHAR;
					break;
				default:
					this.fail("disallowed character in tag name");
					this.state = S_TEXT;
					this.xmlDeclPossible = false;
			}
		}
		sOpenWakaBang() {
			this.openWakaBang += String.fromCodePoint(this.getCodeNorm());
			switch (this.openWakaBang) {
				case "[CDATA[":
					if (!this.sawRoot && !this.reportedTextBeforeRoot) {
						this.fail("text data outside of root node.");
						this.reportedTextBeforeRoot = true;
					}
					if (this.closedRoot && !this.reportedTextAfterRoot) {
						this.fail("text data outside of root node.");
						this.reportedTextAfterRoot = true;
					}
					this.state = S_CDATA;
					this.openWakaBang = "";
					break;
				case "--":
					this.state = S_COMMENT;
					this.openWakaBang = "";
					break;
				case "DOCTYPE":
					this.state = S_DOCTYPE;
					if (this.doctype || this.sawRoot) this.fail("inappropriately located doctype declaration.");
					this.openWakaBang = "";
					break;
				default: if (this.openWakaBang.length >= 7) this.fail("incorrect syntax.");
			}
		}
		sComment() {
			if (this.captureToChar(MINUS)) this.state = S_COMMENT_ENDING;
		}
		sCommentEnding() {
			var _a;
			const c = this.getCodeNorm();
			if (c === MINUS) {
				this.state = S_COMMENT_ENDED;
				(_a = this.commentHandler) === null || _a === void 0 || _a.call(this, this.text);
				this.text = "";
			} else {
				this.text += `-${String.fromCodePoint(c)}`;
				this.state = S_COMMENT;
			}
		}
		sCommentEnded() {
			const c = this.getCodeNorm();
			if (c !== GREATER) {
				this.fail("malformed comment.");
				this.text += `--${String.fromCodePoint(c)}`;
				this.state = S_COMMENT;
			} else this.state = S_TEXT;
		}
		sCData() {
			if (this.captureToChar(CLOSE_BRACKET)) this.state = S_CDATA_ENDING;
		}
		sCDataEnding() {
			const c = this.getCodeNorm();
			if (c === CLOSE_BRACKET) this.state = S_CDATA_ENDING_2;
			else {
				this.text += `]${String.fromCodePoint(c)}`;
				this.state = S_CDATA;
			}
		}
		sCDataEnding2() {
			var _a;
			const c = this.getCodeNorm();
			switch (c) {
				case GREATER:
					(_a = this.cdataHandler) === null || _a === void 0 || _a.call(this, this.text);
					this.text = "";
					this.state = S_TEXT;
					break;
				case CLOSE_BRACKET:
					this.text += "]";
					break;
				default:
					this.text += `]]${String.fromCodePoint(c)}`;
					this.state = S_CDATA;
			}
		}
		sPIFirstChar() {
			const c = this.getCodeNorm();
			if (this.nameStartCheck(c)) {
				this.piTarget += String.fromCodePoint(c);
				this.state = S_PI_REST;
			} else if (c === QUESTION || isS(c)) {
				this.fail("processing instruction without a target.");
				this.state = c === QUESTION ? S_PI_ENDING : S_PI_BODY;
			} else {
				this.fail("disallowed character in processing instruction name.");
				this.piTarget += String.fromCodePoint(c);
				this.state = S_PI_REST;
			}
		}
		sPIRest() {
			const { chunk, i: start } = this;
			while (true) {
				const c = this.getCodeNorm();
				if (c === EOC) {
					this.piTarget += chunk.slice(start);
					return;
				}
				if (!this.nameCheck(c)) {
					this.piTarget += chunk.slice(start, this.prevI);
					const isQuestion = c === QUESTION;
					if (isQuestion || isS(c)) {
						if (this.piTarget === "xml") {
							if (!this.xmlDeclPossible) this.fail("an XML declaration must be at the start of the document.");
							this.state = isQuestion ? S_XML_DECL_ENDING : S_XML_DECL_NAME_START;
						} else this.state = isQuestion ? S_PI_ENDING : S_PI_BODY;
					} else {
						this.fail("disallowed character in processing instruction name.");
						this.piTarget += String.fromCodePoint(c);
					}
					break;
				}
			}
		}
		sPIBody() {
			if (this.text.length === 0) {
				const c = this.getCodeNorm();
				if (c === QUESTION) this.state = S_PI_ENDING;
				else if (!isS(c)) this.text = String.fromCodePoint(c);
			} else if (this.captureToChar(QUESTION)) this.state = S_PI_ENDING;
		}
		sPIEnding() {
			var _a;
			const c = this.getCodeNorm();
			if (c === GREATER) {
				const { piTarget } = this;
				if (piTarget.toLowerCase() === "xml") this.fail("the XML declaration must appear at the start of the document.");
				(_a = this.piHandler) === null || _a === void 0 || _a.call(this, {
					target: piTarget,
					body: this.text
				});
				this.piTarget = this.text = "";
				this.state = S_TEXT;
			} else if (c === QUESTION) this.text += "?";
			else {
				this.text += `?${String.fromCodePoint(c)}`;
				this.state = S_PI_BODY;
			}
			this.xmlDeclPossible = false;
		}
		sXMLDeclNameStart() {
			const c = this.skipSpaces();
			if (c === QUESTION) {
				this.state = S_XML_DECL_ENDING;
				return;
			}
			if (c !== EOC) {
				this.state = S_XML_DECL_NAME;
				this.name = String.fromCodePoint(c);
			}
		}
		sXMLDeclName() {
			const c = this.captureTo(XML_DECL_NAME_TERMINATOR);
			if (c === QUESTION) {
				this.state = S_XML_DECL_ENDING;
				this.name += this.text;
				this.text = "";
				this.fail("XML declaration is incomplete.");
				return;
			}
			if (!(isS(c) || c === EQUAL)) return;
			this.name += this.text;
			this.text = "";
			if (!this.xmlDeclExpects.includes(this.name)) switch (this.name.length) {
				case 0:
					this.fail("did not expect any more name/value pairs.");
					break;
				case 1:
					this.fail(`expected the name ${this.xmlDeclExpects[0]}.`);
					break;
				default: this.fail(`expected one of ${this.xmlDeclExpects.join(", ")}`);
			}
			this.state = c === EQUAL ? S_XML_DECL_VALUE_START : S_XML_DECL_EQ;
		}
		sXMLDeclEq() {
			const c = this.getCodeNorm();
			if (c === QUESTION) {
				this.state = S_XML_DECL_ENDING;
				this.fail("XML declaration is incomplete.");
				return;
			}
			if (isS(c)) return;
			if (c !== EQUAL) this.fail("value required.");
			this.state = S_XML_DECL_VALUE_START;
		}
		sXMLDeclValueStart() {
			const c = this.getCodeNorm();
			if (c === QUESTION) {
				this.state = S_XML_DECL_ENDING;
				this.fail("XML declaration is incomplete.");
				return;
			}
			if (isS(c)) return;
			if (!isQuote(c)) {
				this.fail("value must be quoted.");
				this.q = SPACE;
			} else this.q = c;
			this.state = S_XML_DECL_VALUE;
		}
		sXMLDeclValue() {
			const c = this.captureTo([this.q, QUESTION]);
			if (c === QUESTION) {
				this.state = S_XML_DECL_ENDING;
				this.text = "";
				this.fail("XML declaration is incomplete.");
				return;
			}
			if (c === EOC) return;
			const value = this.text;
			this.text = "";
			switch (this.name) {
				case "version": {
					this.xmlDeclExpects = ["encoding", "standalone"];
					const version = value;
					this.xmlDecl.version = version;
					if (!/^1\.[0-9]+$/.test(version)) this.fail("version number must match /^1\\.[0-9]+$/.");
					else if (!this.opt.forceXMLVersion) this.setXMLVersion(version);
					break;
				}
				case "encoding":
					if (!/^[A-Za-z][A-Za-z0-9._-]*$/.test(value)) this.fail("encoding value must match /^[A-Za-z0-9][A-Za-z0-9._-]*$/.");
					this.xmlDeclExpects = ["standalone"];
					this.xmlDecl.encoding = value;
					break;
				case "standalone":
					if (value !== "yes" && value !== "no") this.fail("standalone value must match \"yes\" or \"no\".");
					this.xmlDeclExpects = [];
					this.xmlDecl.standalone = value;
			}
			this.name = "";
			this.state = S_XML_DECL_SEPARATOR;
		}
		sXMLDeclSeparator() {
			const c = this.getCodeNorm();
			if (c === QUESTION) {
				this.state = S_XML_DECL_ENDING;
				return;
			}
			if (!isS(c)) {
				this.fail("whitespace required.");
				this.unget();
			}
			this.state = S_XML_DECL_NAME_START;
		}
		sXMLDeclEnding() {
			var _a;
			if (this.getCodeNorm() === GREATER) {
				if (this.piTarget !== "xml") this.fail("processing instructions are not allowed before root.");
				else if (this.name !== "version" && this.xmlDeclExpects.includes("version")) this.fail("XML declaration must contain a version.");
				(_a = this.xmldeclHandler) === null || _a === void 0 || _a.call(this, this.xmlDecl);
				this.name = "";
				this.piTarget = this.text = "";
				this.state = S_TEXT;
			} else this.fail("The character ? is disallowed anywhere in XML declarations.");
			this.xmlDeclPossible = false;
		}
		sOpenTag() {
			var _a;
			const c = this.captureNameChars();
			if (c === EOC) return;
			const tag = this.tag = {
				name: this.name,
				attributes: Object.create(null)
			};
			this.name = "";
			if (this.xmlnsOpt) this.topNS = tag.ns = Object.create(null);
			(_a = this.openTagStartHandler) === null || _a === void 0 || _a.call(this, tag);
			this.sawRoot = true;
			if (!this.fragmentOpt && this.closedRoot) this.fail("documents may contain only one root.");
			switch (c) {
				case GREATER:
					this.openTag();
					break;
				case FORWARD_SLASH:
					this.state = S_OPEN_TAG_SLASH;
					break;
				default:
					if (!isS(c)) this.fail("disallowed character in tag name.");
					this.state = S_ATTRIB;
			}
		}
		sOpenTagSlash() {
			if (this.getCode() === GREATER) this.openSelfClosingTag();
			else {
				this.fail("forward-slash in opening tag not followed by >.");
				this.state = S_ATTRIB;
			}
		}
		sAttrib() {
			const c = this.skipSpaces();
			if (c === EOC) return;
			if (isNameStartChar(c)) {
				this.unget();
				this.state = S_ATTRIB_NAME;
			} else if (c === GREATER) this.openTag();
			else if (c === FORWARD_SLASH) this.state = S_OPEN_TAG_SLASH;
			else this.fail("disallowed character in attribute name.");
		}
		sAttribName() {
			const c = this.captureNameChars();
			if (c === EQUAL) this.state = S_ATTRIB_VALUE;
			else if (isS(c)) this.state = S_ATTRIB_NAME_SAW_WHITE;
			else if (c === GREATER) {
				this.fail("attribute without value.");
				this.pushAttrib(this.name, this.name);
				this.name = this.text = "";
				this.openTag();
			} else if (c !== EOC) this.fail("disallowed character in attribute name.");
		}
		sAttribNameSawWhite() {
			const c = this.skipSpaces();
			switch (c) {
				case EOC: return;
				case EQUAL:
					this.state = S_ATTRIB_VALUE;
					break;
				default:
					this.fail("attribute without value.");
					this.text = "";
					this.name = "";
					if (c === GREATER) this.openTag();
					else if (isNameStartChar(c)) {
						this.unget();
						this.state = S_ATTRIB_NAME;
					} else {
						this.fail("disallowed character in attribute name.");
						this.state = S_ATTRIB;
					}
			}
		}
		sAttribValue() {
			const c = this.getCodeNorm();
			if (isQuote(c)) {
				this.q = c;
				this.state = S_ATTRIB_VALUE_QUOTED;
			} else if (!isS(c)) {
				this.fail("unquoted attribute value.");
				this.state = S_ATTRIB_VALUE_UNQUOTED;
				this.unget();
			}
		}
		sAttribValueQuoted() {
			const { q, chunk } = this;
			let { i: start } = this;
			while (true) switch (this.getCode()) {
				case q:
					this.pushAttrib(this.name, this.text + chunk.slice(start, this.prevI));
					this.name = this.text = "";
					this.q = null;
					this.state = S_ATTRIB_VALUE_CLOSED;
					return;
				case AMP:
					this.text += chunk.slice(start, this.prevI);
					this.state = S_ENTITY;
					this.entityReturnState = S_ATTRIB_VALUE_QUOTED;
					return;
				case NL:
				case NL_LIKE:
				case TAB:
					this.text += `${chunk.slice(start, this.prevI)} `;
					start = this.i;
					break;
				case LESS:
					this.text += chunk.slice(start, this.prevI);
					this.fail("disallowed character.");
					return;
				case EOC:
					this.text += chunk.slice(start);
					return;
			}
		}
		sAttribValueClosed() {
			const c = this.getCodeNorm();
			if (isS(c)) this.state = S_ATTRIB;
			else if (c === GREATER) this.openTag();
			else if (c === FORWARD_SLASH) this.state = S_OPEN_TAG_SLASH;
			else if (isNameStartChar(c)) {
				this.fail("no whitespace between attributes.");
				this.unget();
				this.state = S_ATTRIB_NAME;
			} else this.fail("disallowed character in attribute name.");
		}
		sAttribValueUnquoted() {
			const c = this.captureTo(ATTRIB_VALUE_UNQUOTED_TERMINATOR);
			switch (c) {
				case AMP:
					this.state = S_ENTITY;
					this.entityReturnState = S_ATTRIB_VALUE_UNQUOTED;
					break;
				case LESS:
					this.fail("disallowed character.");
					break;
				case EOC: break;
				default:
					if (this.text.includes("]]>")) this.fail("the string \"]]>\" is disallowed in char data.");
					this.pushAttrib(this.name, this.text);
					this.name = this.text = "";
					if (c === GREATER) this.openTag();
					else this.state = S_ATTRIB;
			}
		}
		sCloseTag() {
			const c = this.captureNameChars();
			if (c === GREATER) this.closeTag();
			else if (isS(c)) this.state = S_CLOSE_TAG_SAW_WHITE;
			else if (c !== EOC) this.fail("disallowed character in closing tag.");
		}
		sCloseTagSawWhite() {
			switch (this.skipSpaces()) {
				case GREATER:
					this.closeTag();
					break;
				case EOC: break;
				default: this.fail("disallowed character in closing tag.");
			}
		}
		handleTextInRoot() {
			let { i: start, forbiddenState } = this;
			const { chunk, textHandler: handler } = this;
			scanLoop: while (true) switch (this.getCode()) {
				case LESS:
					this.state = S_OPEN_WAKA;
					if (handler !== void 0) {
						const { text } = this;
						const slice = chunk.slice(start, this.prevI);
						if (text.length !== 0) {
							handler(text + slice);
							this.text = "";
						} else if (slice.length !== 0) handler(slice);
					}
					forbiddenState = FORBIDDEN_START;
					break scanLoop;
				case AMP:
					this.state = S_ENTITY;
					this.entityReturnState = S_TEXT;
					if (handler !== void 0) this.text += chunk.slice(start, this.prevI);
					forbiddenState = FORBIDDEN_START;
					break scanLoop;
				case CLOSE_BRACKET:
					switch (forbiddenState) {
						case FORBIDDEN_START:
							forbiddenState = FORBIDDEN_BRACKET;
							break;
						case FORBIDDEN_BRACKET:
							forbiddenState = FORBIDDEN_BRACKET_BRACKET;
							break;
						case FORBIDDEN_BRACKET_BRACKET: break;
						default: throw new Error("impossible state");
					}
					break;
				case GREATER:
					if (forbiddenState === FORBIDDEN_BRACKET_BRACKET) this.fail("the string \"]]>\" is disallowed in char data.");
					forbiddenState = FORBIDDEN_START;
					break;
				case NL_LIKE:
					if (handler !== void 0) this.text += `${chunk.slice(start, this.prevI)}\n`;
					start = this.i;
					forbiddenState = FORBIDDEN_START;
					break;
				case EOC:
					if (handler !== void 0) this.text += chunk.slice(start);
					break scanLoop;
				default: forbiddenState = FORBIDDEN_START;
			}
			this.forbiddenState = forbiddenState;
		}
		handleTextOutsideRoot() {
			let { i: start } = this;
			const { chunk, textHandler: handler } = this;
			let nonSpace = false;
			outRootLoop: while (true) {
				const code = this.getCode();
				switch (code) {
					case LESS:
						this.state = S_OPEN_WAKA;
						if (handler !== void 0) {
							const { text } = this;
							const slice = chunk.slice(start, this.prevI);
							if (text.length !== 0) {
								handler(text + slice);
								this.text = "";
							} else if (slice.length !== 0) handler(slice);
						}
						break outRootLoop;
					case AMP:
						this.state = S_ENTITY;
						this.entityReturnState = S_TEXT;
						if (handler !== void 0) this.text += chunk.slice(start, this.prevI);
						nonSpace = true;
						break outRootLoop;
					case NL_LIKE:
						if (handler !== void 0) this.text += `${chunk.slice(start, this.prevI)}\n`;
						start = this.i;
						break;
					case EOC:
						if (handler !== void 0) this.text += chunk.slice(start);
						break outRootLoop;
					default: if (!isS(code)) nonSpace = true;
				}
			}
			if (!nonSpace) return;
			if (!this.sawRoot && !this.reportedTextBeforeRoot) {
				this.fail("text data outside of root node.");
				this.reportedTextBeforeRoot = true;
			}
			if (this.closedRoot && !this.reportedTextAfterRoot) {
				this.fail("text data outside of root node.");
				this.reportedTextAfterRoot = true;
			}
		}
		pushAttribNS(name, value) {
			var _a;
			const { prefix, local } = this.qname(name);
			const attr = {
				name,
				prefix,
				local,
				value
			};
			this.attribList.push(attr);
			(_a = this.attributeHandler) === null || _a === void 0 || _a.call(this, attr);
			if (prefix === "xmlns") {
				const trimmed = value.trim();
				if (this.currentXMLVersion === "1.0" && trimmed === "") this.fail("invalid attempt to undefine prefix in XML 1.0");
				this.topNS[local] = trimmed;
				nsPairCheck(this, local, trimmed);
			} else if (name === "xmlns") {
				const trimmed = value.trim();
				this.topNS[""] = trimmed;
				nsPairCheck(this, "", trimmed);
			}
		}
		pushAttribPlain(name, value) {
			var _a;
			const attr = {
				name,
				value
			};
			this.attribList.push(attr);
			(_a = this.attributeHandler) === null || _a === void 0 || _a.call(this, attr);
		}
		/**
		* End parsing. This performs final well-formedness checks and resets the
		* parser to a clean state.
		*
		* @returns this
		*/
		end() {
			var _a, _b;
			if (!this.sawRoot) this.fail("document must contain a root element.");
			const { tags } = this;
			while (tags.length > 0) {
				const tag = tags.pop();
				this.fail(`unclosed tag: ${tag.name}`);
			}
			if (this.state !== S_BEGIN && this.state !== S_TEXT) this.fail("unexpected end.");
			const { text } = this;
			if (text.length !== 0) {
				(_a = this.textHandler) === null || _a === void 0 || _a.call(this, text);
				this.text = "";
			}
			this._closed = true;
			(_b = this.endHandler) === null || _b === void 0 || _b.call(this);
			this._init();
			return this;
		}
		/**
		* Resolve a namespace prefix.
		*
		* @param prefix The prefix to resolve.
		*
		* @returns The namespace URI or ``undefined`` if the prefix is not defined.
		*/
		resolve(prefix) {
			var _a, _b;
			let uri = this.topNS[prefix];
			if (uri !== void 0) return uri;
			const { tags } = this;
			for (let index = tags.length - 1; index >= 0; index--) {
				uri = tags[index].ns[prefix];
				if (uri !== void 0) return uri;
			}
			uri = this.ns[prefix];
			if (uri !== void 0) return uri;
			return (_b = (_a = this.opt).resolvePrefix) === null || _b === void 0 ? void 0 : _b.call(_a, prefix);
		}
		/**
		* Parse a qname into its prefix and local name parts.
		*
		* @param name The name to parse
		*
		* @returns
		*/
		qname(name) {
			const colon = name.indexOf(":");
			if (colon === -1) return {
				prefix: "",
				local: name
			};
			const local = name.slice(colon + 1);
			const prefix = name.slice(0, colon);
			if (prefix === "" || local === "" || local.includes(":")) this.fail(`malformed name: ${name}.`);
			return {
				prefix,
				local
			};
		}
		processAttribsNS() {
			var _a;
			const { attribList } = this;
			const tag = this.tag;
			{
				const { prefix, local } = this.qname(tag.name);
				tag.prefix = prefix;
				tag.local = local;
				const uri = tag.uri = (_a = this.resolve(prefix)) !== null && _a !== void 0 ? _a : "";
				if (prefix !== "") {
					if (prefix === "xmlns") this.fail("tags may not have \"xmlns\" as prefix.");
					if (uri === "") {
						this.fail(`unbound namespace prefix: ${JSON.stringify(prefix)}.`);
						tag.uri = prefix;
					}
				}
			}
			if (attribList.length === 0) return;
			const { attributes } = tag;
			const seen = /* @__PURE__ */ new Set();
			for (const attr of attribList) {
				const { name, prefix, local } = attr;
				let uri;
				let eqname;
				if (prefix === "") {
					uri = name === "xmlns" ? XMLNS_NAMESPACE : "";
					eqname = name;
				} else {
					uri = this.resolve(prefix);
					if (uri === void 0) {
						this.fail(`unbound namespace prefix: ${JSON.stringify(prefix)}.`);
						uri = prefix;
					}
					eqname = `{${uri}}${local}`;
				}
				if (seen.has(eqname)) this.fail(`duplicate attribute: ${eqname}.`);
				seen.add(eqname);
				attr.uri = uri;
				attributes[name] = attr;
			}
			this.attribList = [];
		}
		processAttribsPlain() {
			const { attribList } = this;
			const attributes = this.tag.attributes;
			for (const { name, value } of attribList) {
				if (attributes[name] !== void 0) this.fail(`duplicate attribute: ${name}.`);
				attributes[name] = value;
			}
			this.attribList = [];
		}
		/**
		* Handle a complete open tag. This parser code calls this once it has seen
		* the whole tag. This method checks for well-formeness and then emits
		* ``onopentag``.
		*/
		openTag() {
			var _a;
			this.processAttribs();
			const { tags } = this;
			const tag = this.tag;
			tag.isSelfClosing = false;
			(_a = this.openTagHandler) === null || _a === void 0 || _a.call(this, tag);
			tags.push(tag);
			this.state = S_TEXT;
			this.name = "";
		}
		/**
		* Handle a complete self-closing tag. This parser code calls this once it has
		* seen the whole tag. This method checks for well-formeness and then emits
		* ``onopentag`` and ``onclosetag``.
		*/
		openSelfClosingTag() {
			var _a, _b, _c;
			this.processAttribs();
			const { tags } = this;
			const tag = this.tag;
			tag.isSelfClosing = true;
			(_a = this.openTagHandler) === null || _a === void 0 || _a.call(this, tag);
			(_b = this.closeTagHandler) === null || _b === void 0 || _b.call(this, tag);
			if ((this.tag = (_c = tags[tags.length - 1]) !== null && _c !== void 0 ? _c : null) === null) this.closedRoot = true;
			this.state = S_TEXT;
			this.name = "";
		}
		/**
		* Handle a complete close tag. This parser code calls this once it has seen
		* the whole tag. This method checks for well-formeness and then emits
		* ``onclosetag``.
		*/
		closeTag() {
			const { tags, name } = this;
			this.state = S_TEXT;
			this.name = "";
			if (name === "") {
				this.fail("weird empty close tag.");
				this.text += "</>";
				return;
			}
			const handler = this.closeTagHandler;
			let l = tags.length;
			while (l-- > 0) {
				const tag = this.tag = tags.pop();
				this.topNS = tag.ns;
				handler === null || handler === void 0 || handler(tag);
				if (tag.name === name) break;
				this.fail("unexpected close tag.");
			}
			if (l === 0) this.closedRoot = true;
			else if (l < 0) {
				this.fail(`unmatched closing tag: ${name}.`);
				this.text += `</${name}>`;
			}
		}
		/**
		* Resolves an entity. Makes any necessary well-formedness checks.
		*
		* @param entity The entity to resolve.
		*
		* @returns The parsed entity.
		*/
		parseEntity(entity) {
			if (entity[0] !== "#") {
				const defined = this.ENTITIES[entity];
				if (defined !== void 0) return defined;
				this.fail(this.isName(entity) ? "undefined entity." : "disallowed character in entity name.");
				return `&${entity};`;
			}
			let num = NaN;
			if (entity[1] === "x" && /^#x[0-9a-f]+$/i.test(entity)) num = parseInt(entity.slice(2), 16);
			else if (/^#[0-9]+$/.test(entity)) num = parseInt(entity.slice(1), 10);
			if (!this.isChar(num)) {
				this.fail("malformed character entity.");
				return `&${entity};`;
			}
			return String.fromCodePoint(num);
		}
	};
	exports.SaxesParser = SaxesParser;
})))();
/** Text that an entity may grow to: far more than a description needs, far less than a machine has. */
const LARGEST_EXPANSION = 1e6;
/** And all entities of a declaration together. */
const LARGEST_TOTAL = 1e7;
const PREDEFINED = /* @__PURE__ */ new Map([
	["lt", "<"],
	["gt", ">"],
	["amp", "&"],
	["quot", "\""],
	["apos", "'"]
]);
/** A reference to a general entity (XML 1.0 section 4.1), not to a character. */
const REFERENCE = /&([^#;&\s][^;&\s]*);/g;
const DECLARATION = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!ENTITY\s+(?<parameter>%\s+)?(?<name>[^\s%"']+)\s+(?:(?<external>SYSTEM|PUBLIC)\b|"(?<double>[^"]*)"|'(?<single>[^']*)')[^>]*>|(?<reference>%[^\s;]+;)/g;
/** An entity declaration that we cannot follow; `offset` is counted from the start of the document type declaration. */
var EntityProblem = class extends Error {
	offset;
	constructor(text, offset) {
		super(text);
		this.offset = offset;
	}
};
/**
* The internal general entities of a document type declaration that stand for text, with that text (XML 1.0 section 4).
*
* @param doctype what stands between `<!DOCTYPE` and its `>`
* @throws EntityProblem for external and parameter entities, for entities that hold a `<` as a character reference, that
*   hold themselves, that use an unknown one, or that grow beyond one million characters, or ten all together
*/
function internalEntities(doctype) {
	const declared = declarations(doctype);
	const holders = elementHolders(declared);
	return writtenOut([...declared.keys()].filter((name) => !holders.has(name)), declared, (name, { value, offset }) => pieces(value, /&([^;]*);/g, (reference) => {
		if (reference.startsWith("#")) return characterOf(reference, name, offset);
		const predefined = PREDEFINED.get(reference);
		if (predefined !== void 0) return predefined;
		if (declared.has(reference)) return { entity: reference };
		throw new EntityProblem(`the entity ${reference} is used but not declared`, offset);
	}));
}
/**
* The internal general entities that hold elements, with what is to stand in the place of each: on one line, and without
* other entities of this kind.
*
* @throws EntityProblem as `internalEntities` does
*/
function elementEntities(doctype) {
	const declared = declarations(doctype);
	const holders = elementHolders(declared);
	return writtenOut([...holders], declared, (_, { value }) => pieces(value.replace(/\r\n|\r|\n/g, " "), REFERENCE, (reference, written) => holders.has(reference) ? { entity: reference } : written));
}
function declarations(doctype) {
	const declared = /* @__PURE__ */ new Map();
	for (const match of doctype.matchAll(DECLARATION)) {
		const { parameter, name, external, double, single, reference } = match.groups ?? {};
		if (parameter !== void 0 || reference !== void 0) throw new EntityProblem("parameter entities (%name;) are not supported: write their text out", match.index);
		if (name === void 0) continue;
		if (external !== void 0) throw new EntityProblem(`the entity ${name} stands for another file, which is not read: write its text here, or use <include>`, match.index);
		const value = double ?? single ?? "";
		if (/&#(?:0*60|x0*3c);/i.test(value)) throw new EntityProblem(`the entity ${name} holds < as a character reference: write < itself`, match.index);
		if (!declared.has(name)) declared.set(name, {
			value,
			offset: match.index
		});
	}
	return declared;
}
/** The entities with an element in their text or in that of one they use. */
function elementHolders(declared) {
	const users = /* @__PURE__ */ new Map();
	const holders = /* @__PURE__ */ new Set();
	for (const [name, { value }] of declared) {
		if (value.includes("<")) holders.add(name);
		for (const [, used = ""] of value.matchAll(REFERENCE)) {
			const others = users.get(used);
			if (others === void 0) users.set(used, [name]);
			else others.push(name);
		}
	}
	for (const holder of holders) for (const user of users.get(holder) ?? []) holders.add(user);
	return holders;
}
function pieces(value, reference, pieceOf) {
	const found = [];
	let end = 0;
	for (const match of value.matchAll(reference)) {
		found.push(value.slice(end, match.index), pieceOf(match[1] ?? "", match[0]));
		end = match.index + match[0].length;
	}
	return [...found, value.slice(end)];
}
/** The whole text of each; how long they get is known before the first is put together. */
function writtenOut(names, declared, piecesOf) {
	const known = /* @__PURE__ */ new Map();
	for (const name of names) known.set(name, piecesOf(name, declaration(name, declared)));
	const order = innermostFirst(known, declared);
	const lengths = /* @__PURE__ */ new Map();
	let total = 0;
	for (const name of order) {
		const length = (known.get(name) ?? []).reduce((sum, piece) => sum + lengthOf(piece, lengths), 0);
		total += length;
		if (length > LARGEST_EXPANSION || total > LARGEST_TOTAL) throw new EntityProblem(`the entity ${name} grows beyond all measure`, declaration(name, declared).offset);
		lengths.set(name, length);
	}
	const texts = /* @__PURE__ */ new Map();
	for (const name of order) {
		const parts = (known.get(name) ?? []).map((piece) => typeof piece === "string" ? piece : texts.get(piece.entity));
		texts.set(name, parts.join(""));
	}
	return texts;
}
function lengthOf(piece, lengths) {
	return typeof piece === "string" ? piece.length : lengths.get(piece.entity) ?? 0;
}
/** The names, each behind those of its pieces. */
function innermostFirst(known, declared) {
	const order = /* @__PURE__ */ new Set();
	const open = /* @__PURE__ */ new Set();
	const waiting = [...known.keys()].reverse();
	for (let name = waiting.at(-1); name !== void 0; name = waiting.at(-1)) {
		if (open.delete(name)) order.add(name);
		if (order.has(name)) {
			waiting.pop();
			continue;
		}
		open.add(name);
		for (const piece of known.get(name) ?? []) {
			if (typeof piece === "string" || order.has(piece.entity)) continue;
			const { entity } = piece;
			if (open.has(entity)) throw new EntityProblem(`the entity ${entity} holds itself`, declaration(entity, declared).offset);
			waiting.push(entity);
		}
	}
	return order;
}
function declaration(name, declared) {
	const found = declared.get(name);
	if (found === void 0) throw new Error(`the entity ${name} is not declared`);
	return found;
}
function characterOf(reference, name, offset) {
	const code = /^#x[0-9a-f]+$/i.test(reference) ? Number.parseInt(reference.slice(2), 16) : Number(reference.slice(1));
	if (!Number.isInteger(code) || code <= 0 || code > 1114111) throw new EntityProblem(`&${reference}; in the entity ${name} is no character`, offset);
	return String.fromCodePoint(code);
}
// src/description/inline.ts
/** What all of them may add to a file: far more than a description needs. */
const LARGEST_TEXT = 1e7;
/** Where no entity is one: comments, CDATA, processing instructions and tags; an entity of elements is none of a value. */
const SKIPPED = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<(?:"[^"]*"|'[^']*'|[^>"'])*>|&([^#;&\s<]+);/g;
/**
* The text of an XML document with the entities that hold elements written out where they are used, each on one line, so
* that what is in them can be read and changed, and all lines keep their numbers. Other entities stay.
*
* @param fail tells the problem of the declaration at an offset of the text
*/
function inlinedText(text, fail) {
	if (!text.includes("<!ENTITY")) return text;
	const { doctype, end } = doctypeOf(text);
	const start = text.lastIndexOf("<!DOCTYPE", end) + 9;
	const entities = readEntities(doctype, (problem) => fail(start + problem.offset, problem.message));
	if (entities.size === 0) return text;
	let added = 0;
	const content = text.slice(end).replace(SKIPPED, (written, name, offset) => {
		const elements = name === void 0 ? void 0 : entities.get(name);
		added += elements?.length ?? 0;
		if (added > LARGEST_TEXT) fail(end + offset, "the entities grow beyond all measure: write them out");
		return elements ?? written;
	});
	return text.slice(0, end) + content;
}
function readEntities(doctype, fail) {
	try {
		return elementEntities(doctype);
	} catch (error) {
		if (error instanceof EntityProblem) return fail(error);
		throw error;
	}
}
/** The document type declaration, and where it ends in the text. */
function doctypeOf(text) {
	const parser = new import_saxes.SaxesParser();
	let found = {
		doctype: "",
		end: 0
	};
	parser.on("error", () => {});
	parser.on("doctype", (doctype) => {
		found = {
			doctype,
			end: parser.position
		};
	});
	parser.write(text).close();
	return found;
}
// src/description/optional.ts
/** `{ [key]: value }`, or nothing where there is no value: for members that may be left out. */
function optional(key, value) {
	return value === void 0 ? {} : { [key]: value };
}
// src/description/xmlreason.ts
const REASONS = [
	[/^unclosed tag: (.*)$/, ([, name], open) => `<${name}>${ofLine(open)} is never closed: write </${name}>`],
	[/^unexpected close tag/, (_, open) => `this closing tag does not fit: ${expectedTag(open)}`],
	[/^unmatched closing tag: (.*)$/, ([, name = ""]) => `</${name.replace(/\.$/, "")}> closes nothing: remove it`],
	[/^undefined entity/, () => "this &name; is not declared: write & as &amp;"],
	[/^(?:disallowed character in|empty) entity name/, () => "write & as &amp;"],
	[/^malformed character entity/, () => "this &#number; is no character"],
	[/^duplicate attribute: (.*)\.$/, ([, name]) => `the attribute ${name} is written twice: remove one`],
	[/^attribute without value/, () => "this attribute has no value: write name=\"value\""],
	[/^unquoted attribute value/, () => "write the value of the attribute in quotes"],
	[/^no whitespace between attributes/, () => "write a space between the attributes"],
	[/^disallowed character in attribute name/, () => "an attribute is written name=\"value\""],
	[/^disallowed character in tag name/, () => "no element starts so: write < as &lt;"],
	[/^disallowed character/, () => "this character may not stand here (write < as &lt; and & as &amp;)"],
	[/^unbound namespace prefix: "(.*)"/, ([, prefix]) => `the prefix ${prefix}: is not declared: add xmlns:${prefix}="…"`],
	[/^documents may contain only one root/, () => "only one <image> may stand in the file"],
	[/^text data outside of root node/, () => "there is text outside of the outermost element: remove it"],
	[/^document must contain a root element/, () => "the file holds no element: write an <image> description"],
	[/^an XML declaration must be at the start/, () => "<?xml …?> must be the very first in the file"],
	[/^malformed comment/, () => "a comment may not hold --"]
];
/**
* Why a document is not well formed, in plain words.
*
* @param message of saxes: `line:column: reason`, @param open the elements that are not closed yet, outermost first
*/
function plainReason(message, open) {
	const reason = message.replace(/^(?:\d+:\d+: )/, "");
	for (const [pattern, words] of REASONS) {
		const match = pattern.exec(reason);
		if (match !== null) return `not well-formed XML: ${words(match, open)}`;
	}
	return `not well-formed XML: ${reason.replace(/\.$/, "")}`;
}
function ofLine(open) {
	const last = open.at(-1);
	return last === void 0 ? "" : ` of line ${last.line}`;
}
function expectedTag(open) {
	const last = open.at(-1);
	return last === void 0 ? "nothing is open" : `write </${last.name}> for the <${last.name}> of line ${last.line} first`;
}
// src/description/xml.ts
/** A description has about eight; saxes looks at all that are open for each element, and takes minutes for 100,000. */
const DEPTH_LIMIT = 64;
/**
* The root element of an XML document. Comments and processing instructions are no part of the tree; who rewrites the
* text by the offsets here leaves them as they are.
*
* @throws DescriptionError with file and line where it is not well formed (XML 1.0, Namespaces in XML 1.0), or where it
*   declares an entity that stands for another file, or where elements are nested deeper than 64
*/
function xmlTree(source) {
	const lineAt = source.lineAt ?? lineCounter(source.text);
	const fail = (offset, text) => {
		throw new DescriptionError([descriptionProblem(source.file, lineAt(offset), text)]);
	};
	const parser = new import_saxes.SaxesParser({ xmlns: true });
	const open = [];
	let start = 0;
	let root;
	const addText = (text) => {
		const element = open.at(-1);
		if (element !== void 0) element.text += text;
	};
	let closed;
	parser.on("error", (error) => {
		const unclosed = error.message.includes("unexpected close tag") && closed !== void 0 ? [...open, closed] : open;
		const last = error.message.includes("unclosed tag") ? unclosed.at(-1) : void 0;
		const stray = last === void 0 ? void 0 : strayAmpersand(source.text, last.tagEnd);
		const reason = stray === void 0 ? error.message : "undefined entity";
		fail(stray ?? last?.start ?? Math.max(0, parser.position - 1), plainReason(reason, unclosed));
	});
	parser.on("doctype", (doctype) => declareEntities(parser, doctype, source.text, fail));
	parser.on("opentagstart", () => {
		start = source.text.lastIndexOf("<", parser.position - 1);
		if (open.length >= DEPTH_LIMIT) fail(start, `elements are nested deeper than ${DEPTH_LIMIT}: close some before`);
	});
	parser.on("opentag", (tag) => {
		open.push(openElement(tag, source, {
			start,
			end: parser.position
		}, lineAt));
	});
	parser.on("text", addText);
	parser.on("cdata", addText);
	parser.on("closetag", () => {
		closed = open.pop();
		if (closed === void 0) return;
		const element = {
			...closed,
			end: parser.position
		};
		const parent = open.at(-1);
		if (parent === void 0) root = element;
		else parent.children.push(element);
	});
	parser.write(source.text).close();
	return root ?? fail(0, "the file holds no element");
}
/** Offset of an `&` that starts no reference: it swallows all that follows, so that the end of the file comes too early. */
function strayAmpersand(text, from) {
	const scanner = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|&(?![\w#:.-]+;)/g;
	scanner.lastIndex = from;
	for (let match = scanner.exec(text); match !== null; match = scanner.exec(text)) if (match[0] === "&") return match.index;
}
function declareEntities(parser, doctype, text, fail) {
	const offset = text.lastIndexOf("<!DOCTYPE", parser.position) + 9;
	try {
		for (const [name, value] of internalEntities(doctype)) parser.ENTITIES[name] = value;
	} catch (error) {
		if (error instanceof EntityProblem) fail(offset + error.offset, error.message);
		throw error;
	}
}
function openElement(tag, source, span, lineAt) {
	const attributes = [];
	const scanner = /(\s+)([^\s=/>]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y;
	scanner.lastIndex = span.start + 1 + tag.name.length;
	for (let match = scanner.exec(source.text); match !== null; match = scanner.exec(source.text)) {
		const [, space = "", name = "", double, single] = match;
		const end = scanner.lastIndex;
		const valueStart = end - 1 - (double ?? single ?? "").length;
		const line = lineAt(match.index + space.length);
		const value = tag.attributes[name]?.value ?? "";
		attributes.push({
			name,
			value,
			line,
			start: match.index,
			end,
			valueStart,
			valueEnd: end - 1
		});
	}
	return {
		name: tag.name,
		attributes,
		children: [],
		text: "",
		file: source.file,
		line: lineAt(span.start),
		start: span.start,
		tagEnd: span.end
	};
}
/** Value of an attribute; undefined where the element has none of that name. */
function attributeValue(element, name) {
	return element.attributes.find((attribute) => attribute.name === name)?.value;
}
/** The children of that name, in order. */
function childrenNamed(element, name) {
	return element.children.filter((child) => child.name === name);
}
/** Whether an `xsd:boolean` attribute is set and true (XML Schema part 2: `true` or `1`). */
function isTrue(element, name) {
	return ["true", "1"].includes(attributeValue(element, name)?.trim() ?? "");
}
// src/description/containerconfig.ts
/** Children of the section, by what the input calls them. */
const SECTIONS = {
	entrypoint: "entrypoint",
	cmd: "subcommand",
	expose: "expose",
	volumes: "volumes",
	stopsignal: "stopsignal",
	env: "environment",
	labels: "labels",
	history: "history"
};
/** Its attributes. */
const ATTRIBUTES = {
	name: "name",
	tag: "tag",
	additionalnames: "additionalnames",
	author: "maintainer",
	user: "user",
	workdir: "workingdir"
};
/**
* @param element a `<containerconfig>`, where the type has one, @param author of the description: who made the image
*   where the section does not say it, and the history's author too
*/
function containerConfig(element, author) {
	if (element === void 0) return {
		changes: authorChanges(author, author),
		naming: {},
		lines: {}
	};
	const environment = valuesByName(element, "environment", "env");
	const labels = valuesByName(element, "labels", "label");
	const expose = attributesBelow(element, "expose", "port", "number");
	const volumes = attributesBelow(element, "volumes", "volume", "name");
	const stopsignal = childrenNamed(element, "stopsignal")[0]?.text.trim();
	const history = childrenNamed(element, "history")[0];
	return {
		changes: {
			...authorChanges(filled$1(attributeValue(element, "maintainer")) ?? author, author),
			...optional("entrypoint", command(element, "entrypoint")),
			...optional("cmd", command(element, "subcommand")),
			...optional("env", environment),
			...optional("labels", labels),
			...optional("user", filled$1(attributeValue(element, "user"))),
			...optional("workdir", filled$1(attributeValue(element, "workingdir"))),
			...optional("expose", expose),
			...optional("volumes", volumes),
			...optional("stopsignal", filled$1(stopsignal)),
			...optional("history", history === void 0 ? void 0 : historyChanges(history, author))
		},
		naming: {
			...optional("name", filled$1(attributeValue(element, "name"))),
			...optional("tag", filled$1(attributeValue(element, "tag"))),
			...optional("additionalNames", additionalNames(element))
		},
		lines: keyLines(element)
	};
}
function keyLines(element) {
	const sections = Object.entries(SECTIONS).map(([key, name]) => [key, childrenNamed(element, name)[0]?.line]);
	const attributes = Object.entries(ATTRIBUTES).map(([key, name]) => [key, element.attributes.find((attribute) => attribute.name === name)?.line]);
	return Object.fromEntries([...sections, ...attributes].map(([key, line]) => [key, line ?? element.line]));
}
/** KIWI's history has the description's author also where another maintains the container. */
function authorChanges(author, historyAuthor) {
	return {
		...optional("author", author),
		...optional("history", historyAuthor === void 0 ? void 0 : { author: historyAuthor })
	};
}
/** The other attributes of `<history>` are for containers of WSL. */
function historyChanges(section, author) {
	return {
		...optional("createdBy", filled$1(attributeValue(section, "created_by"))),
		...optional("author", filled$1(attributeValue(section, "author")) ?? author),
		...optional("comment", filled$1(section.text))
	};
}
function additionalNames(element) {
	const parts = (name) => (attributeValue(element, name) ?? "").split(",").map((part) => part.trim()).filter((part) => part !== "");
	const names = [...parts("additionalnames"), ...parts("additionaltags").map((tag) => `:${tag}`)];
	return names.length === 0 ? void 0 : names;
}
function command(element, name) {
	const section = childrenNamed(element, name)[0];
	if (section === void 0) return void 0;
	const execute = attributeValue(section, "execute");
	if (execute !== void 0 && execute !== "") return [execute, ...childrenNamed(section, "argument").map((argument) => attributeValue(argument, "name") ?? "")];
	return isTrue(section, "clear") ? null : void 0;
}
function valuesByName(element, group, name) {
	const entries = childrenNamed(element, group).slice(0, 1).flatMap((section) => childrenNamed(section, name)).map((entry) => [attributeValue(entry, "name") ?? "", attributeValue(entry, "value") ?? ""]);
	const sorted = [...new Map(entries)].sort(([one], [other]) => one < other ? -1 : 1);
	return entries.length === 0 ? void 0 : Object.fromEntries(sorted);
}
function attributesBelow(element, group, name, attribute) {
	const values = childrenNamed(element, group).slice(0, 1).flatMap((section) => childrenNamed(section, name)).map((entry) => attributeValue(entry, attribute)?.trim() ?? "");
	return values.length === 0 ? void 0 : values;
}
function filled$1(text) {
	return text === "" ? void 0 : text;
}
// src/description/format.ts
/** Formats of a disk that an image can hold (kiwi/schema/kiwi.rnc `k.type.format.attribute`), in the order to name them. */
const DISK_FORMATS = [
	"qcow2",
	"raw",
	"vmdk",
	"vdi",
	"vhd",
	"vhdx",
	"vhd-fixed",
	"gce",
	"ova"
];
/** What comes before the first colon (kiwi/schema/kiwi.rnc `oci_format_type`), and the archive that KIWI then writes. */
const CONTAINERS = {
	oci: "oci-archive",
	docker: "docker-archive"
};
/** What comes after the second colon: what skopeo writes to (skopeo-copy(1), containers-transports(5)). */
const TRANSPORTS = [
	"oci",
	"oci-archive",
	"docker-archive",
	"dir",
	"docker-daemon",
	"containers-storage",
	"docker"
];
/**
* Reads the attribute `format` of a type: `FMT`, KIWI's `oci:FMT` and `docker:FMT`, and `oci:FMT:TRANSPORT`, which came
* before these and which KIWI no longer takes.
*/
function formatReading(text) {
	const words = text.trim().split(":");
	const [first = "", second = "", third = ""] = words;
	const refused = (reason) => {
		return {
			kind: "unknown",
			problem: `format="${text}" is not known: ${reason}`
		};
	};
	if (words.length === 1) return plainReading(first, refused);
	if (!isContainer(first)) return refused(`"${first}" is neither oci nor docker: write ${`${nearestWord(first, Object.keys(CONTAINERS)) ?? "oci"}:${isOneOf$1(DISK_FORMATS, second) ? second : "qcow2"}`}`);
	if (!isOneOf$1(DISK_FORMATS, second)) return refused(advice("disk format", DISK_FORMATS, second));
	if (words.length === 2) return {
		kind: "written",
		diskFormat: second,
		archive: CONTAINERS[first]
	};
	if (words.length > 3) return refused(`it has ${words.length} parts: write oci:${second}:TRANSPORT at most`);
	if (!isOneOf$1(TRANSPORTS, third)) return refused(advice("transport", TRANSPORTS, third));
	if (first !== "oci") return refused(`three parts begin with oci: write oci:${second}:${third}`);
	return {
		kind: "written",
		diskFormat: second,
		archive: third
	};
}
function plainReading(word, refused) {
	if (isOneOf$1(DISK_FORMATS, word)) return {
		kind: "written",
		diskFormat: word
	};
	if (isContainer(word)) return refused(`the disk format is missing: write ${word}:qcow2`);
	if (word !== "vagrant") return refused(advice("disk format", DISK_FORMATS, word));
	return {
		kind: "foreign",
		problem: `format="vagrant" is a box that only KIWI itself makes: write ${listed(DISK_FORMATS)}, or set the input format`
	};
}
function advice(kind, known, wrong) {
	const nearest = nearestWord(wrong, known);
	return `${nearest === void 0 ? "" : `did you mean ${nearest}? `}"${wrong}" is no ${kind}: write ${listed(known)}`;
}
function listed(words) {
	return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
function isContainer(text) {
	return Object.hasOwn(CONTAINERS, text);
}
function isOneOf$1(words, text) {
	return words.some((word) => word === text);
}
// src/description/initrd.ts
/**
* Whether nothing of an initrd that packages make at their installation reaches the disk: KIWI makes its own with
* dracut and puts it over that one (kiwi/builder/disk.py `_build_main_system`), and before it does, it neither takes the
* older one into a recovery archive nor into a read-only root, and measures no partition, volume or disk by it
* (`create_recovery_archive`, `get_disksize_mbytes`, `_build_and_setup_partitions`).
*/
function replacesInitrd(type) {
	const makesIt = ["dracut", void 0].includes(attributeValue(type, "initrd_system")) && !makesUnifiedKernel(type);
	const takesOlder = childrenNamed(type, "oemconfig").flatMap((section) => childrenNamed(section, "oem-recovery")).some((element) => element.text.trim() === "true");
	const measured = !hasFixedSize(type) || childrenNamed(type, "systemdisk").length > 0 || isTrue(type, "overlayroot") || ["root_clone", "boot_clone"].some((name) => attributeValue(type, name) !== void 0);
	return makesIt && !takesOlder && !measured;
}
/** With it KIWI makes no initrd of its own (kiwi/xml_state.py `get_dracut_config`). */
function makesUnifiedKernel(type) {
	return childrenNamed(type, "initrd").flatMap((section) => childrenNamed(section, "dracut")).some((element) => isTrue(element, "uefi"));
}
function hasFixedSize(type) {
	const size = childrenNamed(type, "size")[0];
	return size !== void 0 && !isTrue(size, "additive");
}
// src/description/machine.ts
/**
* As KIWI reads them, the first of each kind (kiwi/xml_state.py `get_build_type_machine_section` and on); their values
* are checked by KIWI's schema.
*
* @param displayName of `<image>`
* @returns undefined where the description says nothing about the machine
*/
function machineOf(type, displayName) {
	const section = childrenNamed(type, "machine")[0];
	const named = optional("displayName", filled(displayName));
	if (section === void 0) return displayName ? {
		nics: [],
		...named
	} : void 0;
	const disk = childrenNamed(section, "vmdisk")[0];
	const dvd = childrenNamed(section, "vmdvd")[0];
	return {
		...optional("memoryMegabytes", count(section, "memory")),
		...optional("cpus", count(section, "ncpus")),
		...optional("guestOS", filled(attributeValue(section, "guestOS"))),
		...optional("hardwareVersion", token(section, "HWversion")),
		...disk === void 0 ? {} : diskOf(disk),
		nics: childrenNamed(section, "vmnic").map(networkCard),
		...dvd === void 0 ? {} : { dvd: optional("controller", token(dvd, "controller")) },
		...optional("ovfType", token(section, "ovftype")),
		...named
	};
}
/**
* What KIWI hands to `qemu-img convert -o`, one option each (kiwi/xml_state.py `get_build_type_format_options`,
* kiwi/storage/subformat/__init__.py, `get_qemu_option_list` of kiwi/storage/subformat/base.py): sorted by name, of a
* name given twice the last, and whatever has more than one `=` without a value.
*
* @param options the attribute `formatoptions`
* @param diskFormat vmdk and ova take what `<vmdisk>` says too
*/
function formatOptions(options, diskFormat, machine) {
	const values = /* @__PURE__ */ new Map();
	for (const option of (options ?? "").split(",").filter((text) => text !== "")) {
		const [name = "", value = "", ...others] = option.split("=");
		values.set(name, others.length === 0 ? value : "");
	}
	if (diskFormat === "vmdk" || diskFormat === "ova") {
		if (machine?.diskMode !== void 0) values.set(`subformat=${machine.diskMode}`, "");
		if (machine?.diskController !== void 0) values.set(`adapter_type=${machine.diskController}`, "");
	}
	return [...values].sort(([one], [other]) => one < other ? -1 : one > other ? 1 : 0).map(([name, value]) => value === "" ? name : `${name}=${value}`).map((option) => option === "adapter_type=pvscsi" ? "adapter_type=lsilogic" : option);
}
function diskOf(disk) {
	const controller = token(disk, "controller");
	return {
		...optional("diskController", controller === "scsi" ? "lsilogic" : controller),
		...optional("diskMode", token(disk, "diskmode"))
	};
}
function networkCard(nic) {
	return {
		...optional("driver", filled(attributeValue(nic, "driver"))),
		...optional("mode", filled(attributeValue(nic, "mode"))),
		...optional("mac", token(nic, "mac")),
		...optional("interface", filled(attributeValue(nic, "interface")))
	};
}
/** White space around it is none of a token or a number (XML Schema part 2 section 4.3.6). */
function token(element, name) {
	return filled(attributeValue(element, name)?.trim());
}
/** KIWI takes 0 for nothing said. */
function count(element, name) {
	const text = token(element, name);
	return text !== void 0 && /^\+?\d+$/.test(text) && Number(text) > 0 ? Number(text) : void 0;
}
function filled(text) {
	return text === "" ? void 0 : text;
}
// src/description/type.ts
/** What KIWI takes the type for: `vmx` is an `oem` since schema 7.3 (kiwi/xsl/convert72to73.xsl of KIWI 9). */
function imageOf(type) {
	const image = attributeValue(type, "image") ?? "";
	return image === "vmx" ? "oem" : image;
}
/** Whether KIWI makes a disk of it (kiwi/builder/__init__.py). */
function isDiskType(type) {
	return imageOf(type) === "oem";
}
/** @param type a disk type whose format is one that can be read, or none */
function selectedType(type, surroundings) {
	const attributes = attributesOf(type);
	const format = type.attributes.find((attribute) => attribute.name === "format");
	const derivedFrom = type.attributes.find((attribute) => attribute.name === "derived_from");
	const { author, displayName, ...rest } = surroundings;
	const section = childrenNamed(type, "containerconfig")[0];
	const { changes, naming, lines } = containerConfig(section, author);
	const bootloader = childrenNamed(type, "bootloader")[0];
	const machine = machineOf(type, displayName);
	const read = format === void 0 ? {} : formatFields(format.value);
	return {
		image: imageOf(type),
		file: type.file,
		line: type.line,
		...rest,
		...read,
		...optional("bundleFormat", attributes["bundle_format"] || void 0),
		formatOptions: formatOptions(attributes["formatoptions"], read.diskFormat, machine),
		...optional("vhdFixedTag", attributes["vhdfixedtag"]?.trim() || void 0),
		...optional("gceLicense", attributes["gcelicense"] || void 0),
		...optional("machine", machine),
		...derivedFrom === void 0 ? {} : {
			derivedFrom: derivedFrom.value,
			derivedFromLine: derivedFrom.line
		},
		...optional("filesystem", attributes["filesystem"]),
		filesystems: filesystems(type),
		...optional("firmware", attributes["firmware"]),
		...optional("bootloader", bootloader === void 0 ? attributes["bootloader"] : attributeValue(bootloader, "name")),
		...optional("volumeManager", volumeManager(type)),
		...optional("size", size(type)),
		...Object.keys(changes).length === 0 && section === void 0 ? {} : { containerConfig: changes },
		...section === void 0 ? {} : { naming },
		containerLines: lines,
		...optional("author", changes.author ?? void 0),
		replacesInitrd: replacesInitrd(type),
		attributes
	};
}
function formatFields(format) {
	const reading = formatReading(format);
	if (reading.kind !== "written") return { format };
	const { diskFormat, archive } = reading;
	return {
		format,
		diskFormat,
		...optional("archive", archive)
	};
}
/** As kiwi/xml_state.py get_volume_management. */
function volumeManager(type) {
	const systemDisk = childrenNamed(type, "systemdisk")[0];
	if (systemDisk === void 0) return void 0;
	return !isTrue(systemDisk, "preferlvm") && attributeValue(type, "filesystem") === "btrfs" ? "btrfs" : "lvm";
}
function filesystems(type) {
	const partitions = childrenNamed(type, "partitions").flatMap((section) => childrenNamed(section, "partition"));
	const volumes = childrenNamed(type, "systemdisk").flatMap((section) => childrenNamed(section, "volume"));
	const isOverlay = isTrue(type, "overlayroot");
	const names = [
		...[
			"filesystem",
			"bootfilesystem",
			"spare_part_fs"
		].map((name) => attributeValue(type, name)),
		...[...partitions, ...volumes].map((element) => attributeValue(element, "filesystem")),
		isOverlay ? attributeValue(type, "overlayroot_readonly_filesystem") ?? "squashfs" : void 0
	];
	return [...new Set(names.filter((name) => name !== void 0))];
}
/** As kiwi/xml_state.py get_build_type_size: megabytes unless the unit says otherwise. */
function size(type) {
	const element = childrenNamed(type, "size")[0];
	const text = element?.text.trim() ?? "";
	if (element === void 0 || !/^\d+$/.test(text)) return void 0;
	const factor = attributeValue(element, "unit") === "G" ? 1024 : 1;
	return {
		megabytes: Number(text) * factor,
		additive: isTrue(element, "additive")
	};
}
// src/description/edits.ts
/** Text as it is written between two tags (XML 1.0 section 2.4). */
function escapedText(text) {
	return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/\r/g, "&#13;");
}
/** A value as it is written between quotes of either kind: white space other than the space survives as a reference only. */
function escapedValue(value) {
	return escapedText(value).replace(/"/g, "&quot;").replace(/'/g, "&apos;").replace(/\t/g, "&#9;").replace(/\n/g, "&#10;");
}
// src/description/yamlvalue.ts
/** Aliases multiply what they stand for; no description comes near. */
const MOST_VALUES = 1e5;
/** Something that has no place in a description; `offset` counts characters of the file. */
var YamlProblem = class extends Error {
	offset;
	constructor(text, offset) {
		super(text);
		this.offset = offset;
	}
};
/**
* What a YAML document holds, with anchors, aliases and merge keys (`<<`) resolved.
*
* @param document parsed with the failsafe schema, without errors
* @throws YamlProblem for keys that are no text, for aliases that hold themselves and for those that grow too much
*/
function yamlValue(document) {
	return new Resolver(document).value(document.contents, 0, []);
}
var Resolver = class {
	#document;
	#count = 0;
	constructor(document) {
		this.#document = document;
	}
	value(node, fallback, within) {
		const offset = offsetOf(node) ?? fallback;
		this.#count += 1;
		if (this.#count > MOST_VALUES) throw new YamlProblem("the aliases grow beyond all measure", offset);
		if ((0, import_dist.isAlias)(node)) {
			const target = node.resolve(this.#document);
			if (target === void 0) throw new YamlProblem(`the anchor &${node.source} is not defined above`, offset);
			if (within.includes(target)) throw new YamlProblem(`the alias *${node.source} holds itself`, offset);
			return this.value(target, offset, within);
		}
		if ((0, import_dist.isMap)(node)) return {
			kind: "map",
			entries: this.#entries(node.items, offset, [...within, node]),
			offset
		};
		if ((0, import_dist.isSeq)(node)) return {
			kind: "list",
			items: node.items.map((item) => this.value(item, offset, [...within, node])),
			offset
		};
		if ((0, import_dist.isScalar)(node)) return scalarValue(node, offset);
		return {
			kind: "null",
			offset
		};
	}
	#entries(pairs, fallback, within) {
		const own = [];
		const merged = [];
		for (const pair of pairs) {
			const offset = offsetOf(pair.key) ?? fallback;
			const key = (0, import_dist.isAlias)(pair.key) ? pair.key.resolve(this.#document) : pair.key;
			if (!(0, import_dist.isScalar)(key) || typeof key.value !== "string" || key.value === "") throw new YamlProblem("a key of a description is text: write a name", offset);
			const value = this.value(pair.value, offset, within);
			if (key.value === "<<" && key.type === import_dist.Scalar.PLAIN) merged.push(...mergedEntries(value, offset));
			else own.push({
				key: key.value,
				value,
				offset
			});
		}
		const keys = new Set(own.map((entry) => entry.key));
		for (const entry of merged) {
			if (!keys.has(entry.key)) own.push(entry);
			keys.add(entry.key);
		}
		return own;
	}
};
function mergedEntries(value, offset) {
	if (value.kind === "map") return value.entries;
	if (value.kind === "list") return value.items.flatMap((item) => mergedEntries(item, offset));
	throw new YamlProblem("<< takes mappings: write <<: *anchor", offset);
}
function scalarValue(node, offset) {
	const text = String(node.value ?? "");
	if (node.type !== import_dist.Scalar.PLAIN && node.type !== void 0) return {
		kind: "text",
		text,
		offset
	};
	if (/^(~|null|Null|NULL|)$/.test(text)) return {
		kind: "null",
		offset
	};
	return {
		kind: "text",
		text: /^(True|TRUE|False|FALSE)$/.test(text) ? text.toLowerCase() : text,
		offset
	};
}
function offsetOf(node) {
	return (node?.range)?.[0];
}
// src/description/yaml.ts
/**
* The XML that the YAML form of a description stands for: `'@name'` is an attribute, `'#text'` the text, a list repeats
* its element. These are the rules of xmltodict, which KIWI's anymarkup plugin follows (kiwi/markup/any.py); unlike
* there a scalar keeps the text it was written with (version `1.10`), only `True` and `False` become lower case.
*
* @param text the YAML file, @param file its absolute path, for messages
* @throws DescriptionError with file and line, for all at once that is no YAML or has no place in XML
*/
function yamlAsXml(text, file) {
	const lines = new import_dist.LineCounter();
	const lineOf = (offset) => Math.max(1, lines.linePos(offset).line);
	const document = (0, import_dist.parseDocument)(text, {
		lineCounter: lines,
		schema: "failsafe",
		prettyErrors: false
	});
	const problems = [...document.errors, ...document.warnings].map((error) => {
		const reason = error.code === "MULTIPLE_DOCS" ? "several documents (---) in one file: write one" : error.message.split("\n")[0];
		return descriptionProblem(file, lineOf(error.pos[0]), `not valid YAML: ${reason}`);
	});
	if (problems.length > 0) throw new DescriptionError(problems);
	try {
		const xml = new XmlWriter(lineOf);
		xml.writeRoot(yamlValue(document));
		problems.push(...xml.refused.map(({ offset, message }) => descriptionProblem(file, lineOf(offset), message)));
		if (problems.length === 0) return xml.result();
	} catch (error) {
		if (!(error instanceof YamlProblem)) throw error;
		problems.push(descriptionProblem(file, lineOf(error.offset), error.message));
	}
	throw new DescriptionError(problems);
}
const XML_NAME = /^[\p{L}_][\p{L}\p{N}_.-]*(:[\p{L}_][\p{L}\p{N}_.-]*)?$/u;
const NO_XML_CHARACTER = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
var XmlWriter = class {
	refused = [];
	#lineOf;
	#offsets = [];
	#lines = [];
	#text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
	constructor(lineOf) {
		this.#lineOf = lineOf;
	}
	writeRoot(value) {
		const [entry, ...others] = value.kind === "map" ? value.entries : [];
		if (entry === void 0 || entry.key !== "image" || others.length > 0 || entry.value.kind !== "map") {
			const offset = others[0]?.offset ?? entry?.offset ?? value.offset;
			this.#refuse(offset, "a description has one outermost key, image:, and below it '@name', '@schemaversion' and so on");
			return;
		}
		this.#writeElement("image", entry.value, entry.offset, "");
	}
	result() {
		const [offsets, lines] = [this.#offsets, this.#lines];
		return {
			text: this.#text,
			lineAt: (offset) => lines[Math.max(0, lastAtOrBefore(offsets, offset))] ?? 1
		};
	}
	#writeElement(name, value, offset, indent) {
		if (!XML_NAME.test(name)) this.#refuse(offset, `${JSON.stringify(name)} is no element name`);
		else if (value.kind === "list") this.#writeList(name, value.items, indent);
		else {
			this.#write(`${indent}<`, value.kind === "null" ? offset : Math.min(offset, value.offset));
			this.#write(name);
			if (value.kind === "null") this.#write("/>\n");
			else if (value.kind === "text") this.#write(`>${this.#checked(value.text, offset)}</${name}>\n`);
			else this.#writeContent(name, value.entries, indent);
		}
	}
	#writeList(name, items, indent) {
		for (const item of items) if (item.kind !== "list") this.#writeElement(name, item, item.offset, indent);
		else this.#refuse(item.offset, `a list within the list of ${name} has no meaning: write one list`);
	}
	#writeContent(name, entries, indent) {
		for (const entry of entries) if (entry.key.startsWith("@")) this.#writeAttribute(entry);
		const children = entries.filter((entry) => !entry.key.startsWith("@") && entry.key !== "#text");
		const text = entries.find((entry) => entry.key === "#text");
		this.#write(children.length > 0 ? ">\n" : ">");
		for (const child of children) this.#writeElement(child.key, child.value, child.offset, `${indent}  `);
		if (text?.value.kind === "text") this.#write(this.#checked(text.value.text, text.offset), text.offset);
		else if (text !== void 0 && text.value.kind !== "null") this.#refuse(text.offset, "'#text' takes plain text");
		this.#write(`${children.length > 0 ? indent : ""}</${name}>\n`);
	}
	#writeAttribute({ key, value, offset }) {
		const name = key.slice(1);
		if (!XML_NAME.test(name)) this.#refuse(offset, `${JSON.stringify(name)} is no attribute name`);
		else if (value.kind !== "text") this.#refuse(offset, `the attribute ${key} has no plain value: write '${key}': value`);
		else {
			this.#write(` ${name}="`, offset);
			this.#write(`${this.#checkedValue(value.text, offset)}"`);
		}
	}
	#write(text, offset) {
		if (offset !== void 0) {
			this.#offsets.push(this.#text.length);
			this.#lines.push(this.#lineOf(offset));
		}
		this.#text += text;
	}
	#checked(text, offset) {
		if (NO_XML_CHARACTER.test(text)) this.#refuse(offset, "this text holds a control character, which XML cannot carry");
		return escapedText(text);
	}
	#checkedValue(text, offset) {
		if (NO_XML_CHARACTER.test(text)) this.#refuse(offset, "this value holds a control character, which XML cannot carry");
		return escapedValue(text);
	}
	#refuse(offset, text) {
		this.refused.push(new YamlProblem(text, offset));
	}
};
// src/description/read.ts
/**
* Reads a description with the files that it includes.
*
* @throws DescriptionError with file and line for all that is wrong in them: not well formed, an included file that is
*   missing, no `<image>` or `<preferences>`, no name, no schema version, a `<containerconfig>` that the schema refuses. What else it checks is left to KIWI.
*/
async function readDescription(found) {
	const main = await readDocument(found.file, true);
	const problems = [...rootProblems(main.root)];
	const includes = [];
	const documents = [main];
	for (const element of childrenNamed(main.root, "include")) {
		const file = await includedDocument(element, found.folder, documents, problems);
		if (file !== void 0) includes.push({
			element,
			file
		});
	}
	const sections = allSections(main.root, includes, documents);
	if (!sections.some((section) => section.name === "preferences")) problems.push(placed(main.root, "there is no <preferences> section: add one with a <type>"));
	const schemaVersion = attributeValue(main.root, "schemaversion") ?? "";
	const types = sections.filter(({ name }) => name === "preferences").flatMap((section) => childrenNamed(section, "type"));
	problems.push(...types.filter(isDiskType).flatMap((type) => containerProblems(type, schemaVersion)));
	if (problems.length > 0) throw new DescriptionError(problems);
	const named = (name) => sections.filter((section) => section.name === name);
	const author = authorOf(named("description")[0]);
	return {
		...found,
		documents,
		includes,
		name: attributeValue(main.root, "name") ?? "",
		...optional("displayName", attributeValue(main.root, "displayname")),
		schemaVersion,
		...optional("author", author),
		profiles: named("profiles").flatMap((section) => childrenNamed(section, "profile").map(profile)),
		preferences: named("preferences").map(preferences),
		repositories: named("repository").map(repository)
	};
}
async function readDocument(file, mayBeYaml) {
	const text = decodedText(await descriptionBytes(file), file);
	const source = mayBeYaml && /\.ya?ml$/i.test(file) ? {
		file,
		...yamlAsXml(text, file)
	} : {
		file,
		text: withElements(text, file)
	};
	return {
		file,
		text: source.text,
		root: xmlTree(source)
	};
}
function withElements(text, file) {
	return inlinedText(text, (offset, problem) => {
		throw new DescriptionError([descriptionProblem(file, lineCounter(text)(offset), problem)]);
	});
}
/** Reads the file of an `<include>` into `documents`, once; KIWI reads XML there and no YAML. */
async function includedDocument(include, folder, documents, problems) {
	const from = attributeValue(include, "from");
	if (from === void 0) {
		problems.push(placed(include, "this <include> names no file: write from=\"this://FILE\""));
		return;
	}
	const file = includedFile(from, folder);
	try {
		const known = documents.find((document) => document.file === file);
		const document = known ?? await readDocument(file, false);
		if (known === void 0) documents.push(document);
		if (document.root.name === "image") return file;
		problems.push(placed(document.root, "KIWI includes what stands in an <image> element: put one around it"));
	} catch (error) {
		if (error instanceof DescriptionError) problems.push(...error.problems);
		else if (isFileError(error)) problems.push(placed(include, `${file} cannot be read: name a file that exists`));
		else throw error;
	}
}
function isFileError(error) {
	return error instanceof Error && "syscall" in error;
}
/** KIWI puts the sections of an included file in the place of its `<include>` (kiwi/xsl/include.xsl). */
function allSections(root, includes, documents) {
	return root.children.flatMap((child) => {
		const file = includes.find((include) => include.element === child)?.file;
		const included = documents.find((document) => document.file === file);
		return included === void 0 ? [child] : included.root.children;
	});
}
function rootProblems(root) {
	if (root.name !== "image") return [placed(root, `<${root.name}> is no KIWI description: its outermost element is <image>`)];
	const problems = [];
	const name = attributeValue(root, "name");
	if (name === void 0) problems.push(placed(root, "<image> has no name: write name=\"NAME\""));
	else if (!/^[a-zA-Z0-9_\-.]+$/.test(name)) problems.push(placed(root, `the image name ${JSON.stringify(name)} may hold letters, digits, _, - and . only`));
	if (attributeValue(root, "schemaversion") === void 0) problems.push(placed(root, "<image> has no schemaversion: write the one of your KIWI, such as schemaversion=\"8.0\""));
	return problems;
}
function placed(element, text) {
	return descriptionProblem(element.file, element.line, text);
}
function authorOf(section) {
	if (section === void 0) return void 0;
	const [author, contact] = [textOf(section, "author"), textOf(section, "contact")];
	return author === void 0 ? void 0 : contact === void 0 ? author : `${author} <${contact}>`;
}
function textOf(element, name) {
	const text = childrenNamed(element, name)[0]?.text.trim();
	return text === "" ? void 0 : text;
}
function scope(element) {
	return {
		profiles: commaParts(attributeValue(element, "profiles")),
		architectures: commaParts(attributeValue(element, "arch"))
	};
}
function profile(element) {
	return {
		name: attributeValue(element, "name") ?? "",
		isDefault: isTrue(element, "import"),
		architectures: scope(element).architectures,
		requires: childrenNamed(element, "requires").map((required) => ({
			profile: attributeValue(required, "profile") ?? "",
			architectures: scope(required).architectures,
			element: required
		})),
		element
	};
}
function preferences(element) {
	const version = childrenNamed(element, "version")[0];
	const packageManager = textOf(element, "packagemanager");
	return {
		...scope(element),
		...version === void 0 || version.text.trim() === "" ? {} : { version },
		...packageManager === void 0 ? {} : { packageManager },
		types: childrenNamed(element, "type")
	};
}
function repository(element, index) {
	const source = childrenNamed(element, "source")[0];
	const uri = source === void 0 ? "" : attributeValue(source, "path") ?? "";
	return {
		...scope(element),
		index,
		uri,
		isPlaceholder: /^obsrepositories:/i.test(uri.trim()),
		attributes: attributesOf(element),
		file: element.file,
		line: element.line,
		element
	};
}
// src/description/profiles.ts
/**
* The profiles that KIWI builds with: the given ones and what they require, else the ones that say `import="true"`
* (kiwi/xml_state.py `_used_profiles`, `_solve_profile_dependencies`).
*
* @param architecture `uname -m`; a profile for other machines counts as not there
*/
function activeProfiles(description, given, architecture) {
	const known = /* @__PURE__ */ new Map();
	for (const profile of description.profiles) if (fits(profile.architectures, architecture)) known.set(profile.name, profile);
	if (given.length === 0) return {
		names: [...known.values()].filter((profile) => profile.isDefault).map(({ name }) => name),
		problems: []
	};
	const names = [];
	const problems = [];
	const add = (name) => {
		if (names.includes(name)) return;
		names.push(name);
		for (const required of known.get(name)?.requires ?? []) {
			if (!fits(required.architectures, architecture)) continue;
			if (known.has(required.profile)) add(required.profile);
			else {
				const { file, line } = required.element;
				const absent = `${required.profile}, which is not there${elsewhere$1(description, required.profile, architecture)}`;
				problems.push(descriptionProblem(file, line, `the profile ${name} requires ${absent}: ${choices(known)}`));
			}
		}
	};
	for (const name of given) if (known.has(name)) add(name);
	else {
		const text = `the description has no profile ${name}${elsewhere$1(description, name, architecture)}: ${choices(known)}`;
		problems.push({
			where: "input profiles",
			text
		});
	}
	return {
		names,
		problems
	};
}
/** Whether KIWI uses a section (kiwi/xml_state.py `_profiled`, `_section_matches_host_architecture`). */
function isActive(section, profiles, architecture) {
	return (section.profiles.length === 0 || section.profiles.some((name) => profiles.includes(name))) && fits(section.architectures, architecture);
}
function fits(architectures, architecture) {
	return architectures.length === 0 || architectures.includes(architecture);
}
function elsewhere$1(description, name, architecture) {
	return description.profiles.some((profile) => profile.name === name) ? ` for ${architecture}` : "";
}
function choices(known) {
	return known.size === 0 ? "leave it out" : `write one of ${[...known.keys()].join(", ")}`;
}
// src/description/repositories.ts
/**
* The repositories that KIWI uses for these profiles on this machine, in the order of the description.
*
* @param profiles the input `profiles`, @param architecture `uname -m`
*/
function activeRepositories(description, profiles, architecture) {
	const { names } = activeProfiles(description, profiles, architecture);
	return description.repositories.filter((repository) => isActive(repository, names, architecture));
}
/**
* What can be said of the repositories before anything is installed: `obsrepositories:/` needs the input
* `repositories` unless apt installs the packages, since only of apt's sources do we know what stands for it.
*/
function repositoryProblems(description, choice) {
	if (choice.packageManager === "apt" || choice.repositories.length > 0) return [];
	return activeRepositories(description, choice.profiles, choice.architecture).filter((repository) => repository.isPlaceholder).map(({ file, line }) => {
		return descriptionProblem(file, line, `${`obsrepositories:/ is unknown to ${choice.packageManager} outside of the build service`}: name them in the input repositories`);
	});
}
// src/description/select.ts
/** KIWI's, where a description names none (kiwi/defaults.py `get_default_package_manager`). */
const DEFAULT_PACKAGE_MANAGER = "dnf4";
const VERSION_LENGTH = 128;
const VERSION = new RegExp(`^[A-Za-z0-9._+~-]{1,${VERSION_LENGTH}}$`);
/** Names that older schemas had (kiwi/xsl/convert75to76.xsl, and convert73to74.xsl of KIWI 9). */
const RENAMED_PACKAGE_MANAGERS = /* @__PURE__ */ new Map([
	["dnf", "dnf4"],
	["yum", "dnf4"],
	["apt-get", "apt"]
]);
/**
* The `<type>` that KIWI builds: with the input `type` the first of that name, else the primary one, else the first
* (kiwi/xml_state.py `_build_type_section`), of the preferences that apply to profiles and machine.
*
* @throws InputError and DescriptionError with all problems: a profile or type that is not there, a type that yields no
*   disk, a format that is not known or that we do not write. InputError where one of them is an input's.
*/
function selectType(description, choice) {
	const profiles = activeProfiles(description, choice.profiles, choice.architecture);
	throwProblems(profiles.problems);
	const preferences = description.preferences.filter((section) => isActive(section, profiles.names, choice.architecture));
	const types = preferences.flatMap((section) => section.types);
	const { type, reason } = pickedType(description, types, choice);
	throwProblems(typeProblems(type, types, choice));
	const version = preferences.find((section) => section.version !== void 0)?.version;
	throwProblems(versionProblems(version));
	const packageManager = preferences.find((section) => section.packageManager !== void 0)?.packageManager;
	const selected = selectedType(type, {
		reason,
		profiles: profiles.names,
		version: version?.text.trim() ?? "",
		packageManager: RENAMED_PACKAGE_MANAGERS.get(packageManager ?? "") ?? packageManager ?? DEFAULT_PACKAGE_MANAGER,
		...optional("author", description.author),
		...optional("displayName", description.displayName)
	});
	throwProblems(bundleProblems(type, bundleName(selected, description.name, choice.architecture)));
	return selected;
}
/**
* KIWI takes any text (kiwi/schema/kiwi.rnc `k.version`), makes names of files of it, and so do we, and of layouts that
* skopeo writes, where a colon ends the name.
*/
function versionProblems(version) {
	const text = version?.text.trim() ?? "";
	if (version === void 0 || VERSION.test(text)) return [];
	const problem = `the version ${JSON.stringify(text)} becomes part of file names: write at most ${VERSION_LENGTH} letters, digits and . _ + ~ -`;
	return [descriptionProblem(version.file, version.line, problem)];
}
function bundleProblems(type, diskName) {
	const attribute = type.attributes.find(({ name }) => name === "bundle_format");
	const problem = diskName === void 0 ? void 0 : bundleProblem(diskName);
	if (attribute === void 0 || problem === void 0) return [];
	return [descriptionProblem(type.file, attribute.line, `bundle_format="${attribute.value}": ${problem}`)];
}
function pickedType(description, types, choice) {
	const [first] = types;
	if (first === void 0) return throwProblem(noTypeProblem(description, choice));
	if (choice.type !== void 0) {
		const matching = types.filter((type) => [imageOf(type), attributeValue(type, "image")].includes(choice.type));
		const [type] = matching;
		if (type === void 0) return throwProblem(unknownTypeProblem(types, choice));
		const rank = matching.length === 1 ? "the one" : `the first of ${matching.length}`;
		return {
			type,
			reason: `${imageOf(type)}, ${rank} of ${choice.type} as asked for`
		};
	}
	const primary = types.find((type) => isTrue(type, "primary"));
	const type = primary ?? first;
	const rank = primary === void 0 ? "the first" : "the primary one";
	const reason = types.length === 1 ? "the only type" : `${rank} of ${types.length} types`;
	return {
		type,
		reason: `${imageOf(type)}, ${reason}`
	};
}
function typeProblems(type, types, choice) {
	const image = attributeValue(type, "image") ?? "";
	if (!isDiskType(type)) {
		const disk = types.find(isDiskType);
		const text = `the type image="${image}" yields no disk: ${disk === void 0 ? "write image=\"oem\"" : `set the input type to ${imageOf(disk)}`}`;
		return [choice.type !== void 0 && disk !== void 0 ? {
			where: "input type",
			text
		} : descriptionProblem(type.file, type.line, text)];
	}
	const format = type.attributes.find((attribute) => attribute.name === "format");
	if (format === void 0) return [];
	const reading = formatReading(format.value);
	if (reading.kind === "written" || reading.kind === "foreign" && choice.format !== void 0) return [];
	return [descriptionProblem(type.file, format.line, reading.problem)];
}
function noTypeProblem(description, choice) {
	const elsewhere = description.preferences.filter((section) => section.types.length > 0);
	const names = [...new Set(elsewhere.flatMap((section) => section.profiles))];
	if (names.length > 0) return {
		where: "input profiles",
		text: `${basename(description.file)} has types for profiles only: set one of ${names.join(", ")}`
	};
	const root = description.documents[0]?.root;
	const text = `there is no <type>${elsewhere.length > 0 ? ` for ${choice.architecture}` : ""}: write <type image="oem" …> in <preferences>`;
	return descriptionProblem(description.file, root?.line ?? 1, text);
}
function unknownTypeProblem(types, choice) {
	const images = [...new Set(types.filter(isDiskType).map(imageOf))];
	const advice = images.length === 0 ? "write a <type image=\"oem\" …>" : `write ${images.join(" or ")}`;
	return {
		where: "input type",
		text: `the description has no type ${choice.type}: ${advice}`
	};
}
function throwProblem(problem) {
	throw problem.file === void 0 ? new InputError([problem]) : new DescriptionError([problem]);
}
function throwProblems(problems) {
	if (problems.length === 0) return;
	throw problems.every((problem) => problem.file !== void 0) ? new DescriptionError(problems) : new InputError(problems);
}
// src/plan/source.ts
/**
* What is wrapped: the given disk, or what KIWI makes of the description. Reads the description's folder.
*
* @param problems what is found wrong is added here
* @returns undefined where the inputs name neither or both
* @throws InputError and DescriptionError for a description that cannot be read or has nothing to build
*/
async function chosenSource(inputs, facts, problems) {
	const { description, disk } = inputs;
	if (description !== void 0 && disk !== void 0) {
		problems.push({
			where: "input disk",
			text: "a description is given too: give one of the two"
		});
		return;
	}
	if (disk !== void 0) return diskSource(disk, problems);
	if (description !== void 0) return descriptionSource(description, inputs, facts, problems);
	problems.push({
		where: "input description",
		text: "missing: name the folder of a KIWI description, or a disk to wrap with the input disk"
	});
}
async function diskSource(disk, problems) {
	const path = resolve(disk);
	const stats = await stat(path).catch(() => void 0);
	if (!stats?.isFile()) {
		const what = stats === void 0 ? "there is no such file" : "this is no file";
		problems.push({
			where: "input disk",
			text: `${path}: ${what}: name a disk file (qcow2, raw, …)`
		});
	} else if (!await isReadable(path)) problems.push({
		where: "input disk",
		text: `${path} cannot be read: give us the right to read it`
	});
	return {
		kind: "disk",
		path
	};
}
async function descriptionSource(path, inputs, facts, problems) {
	const architecture = buildArchitecture(inputs, facts);
	const description = await readDescription(await findDescription(path));
	const { profiles, type, format, repositories } = inputs;
	const chosen = {
		profiles,
		architecture
	};
	const selected = selectType(description, {
		...chosen,
		...type === void 0 ? {} : { type },
		...format === void 0 ? {} : { format }
	});
	const { packageManager } = selected;
	const { containerConfig = {}, naming = {} } = selected;
	for (const { key, text } of [...namingProblems(naming), ...configProblems(containerConfig)]) {
		const { file, line } = selected;
		const place = typePlace({
			file,
			line: selected.containerLines[key] ?? line
		});
		problems.push({
			...place,
			text: `<containerconfig> ${KIWI_WORDS.get(key) ?? key}: ${text}`
		});
	}
	problems.push(...givenRepositories(repositories).problems, ...repositoryProblems(description, {
		...chosen,
		packageManager,
		repositories
	}));
	const diskName = bundleName(selected, description.name, architecture);
	return {
		kind: "description",
		folder: description.folder,
		file: description.file,
		name: description.name,
		version: selected.version,
		schemaVersion: description.schemaVersion,
		profiles,
		...type === void 0 ? {} : { type: selected.image },
		selected,
		kiwiName: `${description.name}.${architecture}-${selected.version}`,
		...diskName === void 0 ? {} : { diskName },
		packageManager,
		hasFstabPatch: await isReadable(join(description.folder, "fstab.patch")),
		repositories,
		placeholders: activeRepositories(description, profiles, architecture).filter((repository) => repository.isPlaceholder).map(placeholder),
		kiwiVersion: inputs.kiwiVersion,
		globalArguments: inputs.kiwiGlobalArguments,
		buildArguments: inputs.kiwiArguments
	};
}
/** What KIWI builds for, by its own name (kiwi/defaults.py `get_platform_name`). */
function buildArchitecture({ kiwiGlobalArguments }, { architecture }) {
	const flag = "--target-arch";
	const at = kiwiGlobalArguments.findLastIndex((argument) => argument === flag || argument.startsWith(`${flag}=`));
	if (at === -1) return architecture;
	const argument = kiwiGlobalArguments[at] ?? "";
	return argument === flag ? kiwiGlobalArguments[at + 1] ?? architecture : argument.slice(14);
}
function placeholder({ index, file, line, attributes }) {
	const { distribution, components } = attributes;
	return {
		index,
		where: `${basename(file)}:${line}`,
		...distribution ? { distribution } : {},
		...components ? { components: components.trim().split(/\s+/) } : {},
		imageInclude: attributes["imageinclude"] === "true",
		repositoryGpgcheck: attributes["repository_gpgcheck"] === "true"
	};
}
async function isReadable(path) {
	return access(path, constants.R_OK).then(() => true, () => false);
}
// src/plan/exports.ts
/**
* What the description's `format` writes to where the input `export` says nothing, in the working directory: for
* `oci:FMT` and `docker:FMT` the archive that KIWI leaves (kiwi/storage/subformat/oci.py), without its xz around layers
* that are compressed already; for `oci:FMT:TRANSPORT` what skopeo writes there. A registry is none of them: that is
* where `tags` go.
*
* Where the container has names, an archive or layout takes them all from the plan and none from the destination.
*/
function defaultExports(source, names) {
	const { archive } = source.selected;
	const { repository, tag } = DEFAULT_CONTAINER;
	const place = (ending) => `${archive}:${source.kiwiName}.${ending}`;
	const named = (text, name) => names.length > 0 ? text : `${text}:${name}`;
	switch (archive) {
		case "oci-archive": return [named(place("oci.tar"), tag)];
		case "docker-archive": return [named(place("docker.tar"), `${repository}:${tag}`)];
		case "oci": return [named(place("oci"), tag)];
		case "dir": return [place("dir")];
		case "docker-daemon":
		case "containers-storage": return (names.length > 0 ? names : [DEFAULT_CONTAINER]).map((name) => `${archive}:${containerNameText(name)}`);
		default: return [];
	}
}
/** Whether a destination is named by its own text, or has no use for names that docker must understand. */
function hasOwnName(text) {
	const destination = parseDestination(text);
	if ("problem" in destination || destination.transport !== "docker-archive") return true;
	return destination.name !== void 0;
}
// src/plan/kindtargets.ts
/** Whether what is made is read from the folder of a layout and from nowhere else: podman 4.9 pkg/machine/ocidir.go. */
function isLayoutOnly(kinds) {
	return kinds.length === 1 && kinds[0] === "podman-machine-4";
}
/**
* Which targets cannot have what is made, one sentence each. Kinds that cannot be together are told elsewhere.
*
* @param exports the destinations, of the input or of the description
* @param described the place of the description that names the destinations, where no input does
*/
function kindTargetProblems(inputs, exports, described) {
	const place = described ?? { where: "input export" };
	const problemOf = isLayoutOnly(inputs.kinds) ? outsideLayout : hasImage(inputs.kinds) ? void 0 : forContainers;
	return [...isLayoutOnly(inputs.kinds) ? registryProblems(inputs) : [], ...exports.flatMap((text) => {
		const problem = problemOf?.(text, inputs.kinds);
		if (problem === void 0) return [];
		return [{
			...place,
			text: described === void 0 ? problem : `its format means ${problem}`
		}];
	})];
}
function registryProblems({ tags, push, pushByDigest }) {
	const of = (name, isGiven) => isGiven ? [{
		where: `input ${name}`,
		text: "podman 4 takes its machine from no registry: leave it out, and export to oci:DIR"
	}] : [];
	return [
		...of("tags", tags.length > 0),
		...of("push", push),
		...of("push-by-digest", pushByDigest)
	];
}
function outsideLayout(text) {
	const destination = parseDestination(text);
	if ("problem" in destination || destination.transport === "oci") return void 0;
	return `${text}, and podman 4 takes its machine from the folder of a layout: export to oci:DIR`;
}
function forContainers(text, kinds) {
	const destination = parseDestination(text);
	if ("problem" in destination || !holdsOneImage(destination)) return void 0;
	const added = kinds.includes("artifact") ? "" : ", or add container to kind";
	return `${text}, which is for a container, and there is none in ${kinds.join(" and ")}: export to oci:, oci-archive:, dir: or docker://${added}`;
}
// src/plan/loginregistry.ts
/**
* The registry of the login: as given, else the one that the inputs name. Never one that only a description names: whoever
* changes it, in a pull request perhaps, would choose who is told the password.
*
* @param named registries of what the inputs name
* @param without why there may be none, for the message
* @returns none without a login; a problem where nothing tells which one it is for
*/
function loginRegistry({ registry, login }, named, without = "there are no tags to take it from") {
	if (login === void 0) return {};
	if (registry !== void 0) return { loginRegistry: registry };
	const [first, ...others] = new Set(named);
	if (first !== void 0 && others.length === 0) return { loginRegistry: first };
	return {
		where: "input registry",
		text: `missing, and ${first === void 0 ? without : `tags name ${[first, ...others].join(" and ")}`}: write the registry that the login is for`
	};
}
/** That nothing is done with the input `registry` where there is no login. */
function loneRegistryProblem(registry) {
	return {
		where: "input registry",
		text: `a login for ${registry} needs username and password: give both, or leave registry out`
	};
}
// src/plan/repository.ts
/**
* Where a push by digest goes.
*
* @param given what is wrong with the inputs by themselves: it is not told twice
* @param problems what is found wrong with asking for one is added here
*/
function chosenRepository(inputs, given, problems) {
	const { pushByDigest, repository, tags } = inputs;
	const refuse = (name, text) => problems.push({
		where: `input ${name}`,
		text
	});
	const isRefused = (name) => given.some(({ where }) => where === `input ${name}`);
	if (!pushByDigest) {
		if (repository !== void 0 && !isRefused("push-by-digest")) refuse("repository", "is for a push by digest: set push-by-digest to true, or leave it out and set tags and push");
		return {};
	}
	if (tags.length > 0) refuse("push-by-digest", "moves no tag, and tags are given: leave tags to the merge, or set push instead");
	if (repository !== void 0) return { pushByDigest: repository };
	if (!isRefused("repository")) refuse("repository", "missing while push-by-digest is set: write REGISTRY/NAME");
	return {};
}
// src/plan/targets.ts
/**
* Where the image goes: what `tags`, `repository` and `export` say; where they say nothing, what the names of the container
* and the description's `format` do. A push by digest has no tags.
*
* @param problems what is found wrong is added here
*/
function chosenTargets(choice, problems) {
	const { inputs, source } = choice;
	const repository = chosenRepository(inputs, choice.given, problems);
	if (source === void 0 && inputs.description !== void 0 && inputs.tags.length === 0) return {
		tags: [],
		exports: []
	};
	const tags = inputs.pushByDigest || isLayoutOnly(inputs.kinds) ? { tags: [] } : chosenTags(choice, problems);
	const exports = chosenExports(choice, problems);
	const exportPlace = exports.exportsSource && source?.kind === "description" ? typePlace(source.selected) : void 0;
	if (!isRefused(choice, "kind")) problems.push(...kindTargetProblems(inputs, exports.exports, exportPlace));
	if (!inputs.pushByDigest && !isLayoutOnly(inputs.kinds) && tags.tags.length === 0 && !isRefused(choice, "tags")) problems.push(...pushProblems(choice));
	const { pushByDigest } = repository;
	const references = pushByDigest === void 0 ? tags.tags : [pushByDigest];
	return {
		...tags,
		...repository,
		...exports,
		...chosenLogin(choice, references, problems)
	};
}
function chosenTags(choice, problems) {
	const { inputs, names } = choice;
	if (inputs.tags.length > 0 || isRefused(choice, "tags")) return { tags: inputs.tags };
	const { registry } = inputs;
	const tags = /* @__PURE__ */ new Set();
	for (const name of names) {
		const isFull = hasRegistry(name.repository);
		if (!isFull && registry === void 0) continue;
		const parsed = parseTag(isFull ? containerNameText(name) : `${registry}/${containerNameText(name)}`);
		if ("problem" in parsed) problems.push({
			...namePlace(choice),
			text: parsed.problem
		});
		else {
			tags.add(parsed.text);
			if (parsed.reference.registry !== registry) problems.push(...elsewhere(choice, name));
		}
	}
	return tags.size === 0 ? { tags: [] } : {
		tags: [...tags],
		tagsSource: `name of ${namePlace(choice).where}`
	};
}
/**
* Why a name in another registry than the input `registry` is no tag: where the workflow says which registry a job is
* for, a description chooses a repository there and nowhere else, whatever other logins the machine has.
*/
function elsewhere({ inputs, source }, { repository, tag }) {
	const { registry, push, naming } = inputs;
	if (!push || registry === void 0 || source?.kind !== "description") return [];
	if (containerNames({
		...naming,
		name: naming.name || DEFAULT_CONTAINER.repository
	}).some((name) => name.repository === repository)) return [];
	const text = `<containerconfig> names ${repository}:${tag}, and the input registry is ${registry}: set tags to push elsewhere, or leave the other registry out of the name`;
	return [{
		...typePlace(source.selected),
		text
	}];
}
function chosenExports(choice, problems) {
	const { inputs, source, names } = choice;
	const described = source?.kind === "description" && inputs.exports === void 0 ? source : void 0;
	const exports = inputs.exports ?? (described ? defaultExports(described, names) : []);
	const unfit = exports.every((text) => hasOwnName(text)) ? [] : names.flatMap((name) => referenceProblem(name) ?? []);
	problems.push(...unfit.map((text) => ({
		...namePlace(choice),
		text
	})));
	if (described !== void 0) problems.push(...exports.flatMap((text) => exportProblem(text, described)));
	return exports.length > 0 && described !== void 0 ? {
		exports,
		exportsSource: `format of ${typePlace(described.selected).where}`
	} : { exports };
}
/** What the description asks for is read as an input is: nothing of it fails only when all is built. */
function exportProblem(text, { selected }) {
	const parsed = parseDestination(text);
	return "problem" in parsed ? [{
		...typePlace(selected),
		text: `format="${selected.format}": ${parsed.problem}`
	}] : [];
}
/** Why nothing can be pushed although it is asked for. */
function pushProblems({ inputs, source, names }) {
	const selected = source?.kind === "description" ? source.selected : void 0;
	if (selected?.archive === "docker" && names.length === 0) {
		const text = `format="${selected.format}" is for a registry, and nothing names the image there: write <containerconfig name="REGISTRY/NAME">, or set the input tags`;
		return [{
			...typePlace(selected),
			text
		}];
	}
	if (!inputs.push) return [];
	const [name] = names;
	return [{
		where: "input push",
		text: `there are no tags to push to: set tags, or name: ${name === void 0 ? "REGISTRY/NAME" : `REGISTRY/${name.repository}`} in containerconfig, or leave push out`
	}];
}
/** What the job's login is for; a registry that only the description names is none. */
function chosenLogin(choice, references, problems) {
	const { registry, login, pushByDigest, tags, naming } = choice.inputs;
	if (registry !== void 0 && login === void 0 && !isUsed(choice)) problems.push(loneRegistryProblem(registry));
	const isDescribed = !pushByDigest && tags.length === 0 && !hasRegistry(naming.name ?? "");
	const named = (isDescribed ? [] : references).flatMap((text) => {
		const parsed = parseTag(text);
		return "problem" in parsed ? [] : [parsed.reference.registry];
	});
	const chosen = loginRegistry(choice.inputs, named, isDescribed && references.length > 0 ? "only the description names one" : void 0);
	if (!("where" in chosen)) return chosen;
	if (!(pushByDigest && references.length === 0) && !isRefused(choice, "registry") && !isRefused(choice, "tags")) problems.push(chosen);
	return {};
}
/** Whether the input `registry` says anything without a login: where names without a registry go. */
function isUsed(choice) {
	const { inputs, names } = choice;
	if (isRefused(choice, "username") || isRefused(choice, "password")) return true;
	return !inputs.pushByDigest && inputs.tags.length === 0 && names.some((name) => !hasRegistry(name.repository));
}
function isRefused({ given }, input) {
	return given.some((problem) => problem.where === `input ${input}`);
}
/** Where the container got its name. */
function namePlace({ inputs, source }) {
	if (inputs.naming.name || source?.kind !== "description") return { where: "input containerconfig" };
	return typePlace(source.selected);
}
// src/plan/planning.ts
/**
* Checks what the inputs mean together and with the description. Reads the description's folder and nothing else:
* nothing is installed, downloaded or mounted.
*
* @param read the inputs with the problems already found in them
* @throws InputError with every problem of inputs and description; DescriptionError when all are the description's
*/
async function makePlan(read, facts) {
	const { inputs, problems: given } = read;
	const problems = [
		...given,
		...await combinationProblems(inputs, facts),
		...kindProblems(inputs, given)
	];
	const source = await collected(problems, () => chosenSource(inputs, facts, problems));
	if (source !== void 0) problems.push(...diskProblems(inputs, source));
	const base = await chosenBase(inputs, source, problems);
	const container = chosenContainer(inputs, source, base.base, problems);
	const targets = chosenTargets({
		inputs,
		source,
		names: container.names,
		given
	}, problems);
	const fromDescriptions = problems.every((problem) => problem.file !== void 0);
	if (problems.length > 0 || source === void 0) throw fromDescriptions ? new DescriptionError(problems) : new InputError(problems);
	return {
		...chosenDisk(inputs, source),
		...base,
		...container,
		labels: inputs.labels,
		annotations: inputs.annotations,
		push: inputs.push,
		...targets,
		tlsVerify: inputs.tlsVerify,
		cache: inputs.cache,
		fastBuild: inputs.fastBuild,
		installTools: inputs.installTools,
		...inputs.workDirectory === void 0 ? {} : { workDirectory: resolve(inputs.workDirectory) },
		...inputs.sourceDateEpoch === void 0 ? {} : { sourceDateEpoch: inputs.sourceDateEpoch },
		summary: inputs.summary
	};
}
/** The disk, what is made of it, and where it goes there. */
function chosenDisk(inputs, source) {
	const { platform, compression, diskPath } = inputs;
	const placed = diskPath === void 0 ? {} : { diskPath };
	return {
		source,
		...chosenKinds(inputs),
		...chosenFormat(inputs, source),
		...placed,
		platform,
		compression
	};
}
/** What is wrong with the disks that are asked for, once both inputs and description are known. */
function diskProblems(inputs, source) {
	const disk = chosenDisk(inputs, source);
	const formats = new Set(plannedChildren(disk).map(({ format }) => format));
	return [
		...formatProblems(inputs, source),
		...[...formats].flatMap((format) => conversionProblems(source, format, inputs.platform)),
		...childPathProblems(disk)
	];
}
/** Runs a reader and keeps the problems it throws, so that all of them come at once. */
async function collected(problems, read) {
	try {
		return await read();
	} catch (error) {
		if (!(error instanceof InputError || error instanceof DescriptionError)) throw error;
		problems.push(...error.problems);
		return;
	}
}
async function combinationProblems(inputs, facts) {
	const problems = [];
	const refuse = (name, text) => problems.push({
		where: `input ${name}`,
		text
	});
	if (inputs.authfile !== void 0 && !await isReadable(inputs.authfile)) refuse("authfile", `${inputs.authfile} cannot be read: name a file of logins`);
	const place = inputs.workDirectory === void 0 ? void 0 : resolve(inputs.workDirectory);
	const unfit = inputs.description === void 0 || place === void 0 ? void 0 : kiwiPathProblem(place);
	if (unfit !== void 0) refuse("work-dir", unfit);
	const { machine } = facts;
	const foreign = inputs.platform.architecture !== machine.architecture || inputs.platform.os !== machine.os;
	const targets = inputs.kiwiGlobalArguments.some((argument) => argument.startsWith("--target-arch"));
	if (inputs.description !== void 0 && targets && !foreign) refuse("platform", "--target-arch builds for another machine: set platform to the one it builds for");
	if (inputs.description !== void 0 && foreign && !targets) refuse("platform", `KIWI builds for this machine, ${platformText(machine)}: leave platform out, or build on a machine of ${platformText(inputs.platform)}`);
	if (inputs.disk !== void 0 && inputs.description === void 0) for (const name of descriptionInputs(inputs)) refuse(name, "belongs to a description, and a disk is given: leave it out");
	return problems;
}
/** Which of the inputs that only a description has use for are given. */
function descriptionInputs(inputs) {
	return [
		["profiles", inputs.profiles],
		["type", inputs.type === void 0 ? [] : [inputs.type]],
		["repositories", inputs.repositories],
		["kiwi-global-arguments", inputs.kiwiGlobalArguments],
		["kiwi-arguments", inputs.kiwiArguments]
	].flatMap(([name, values]) => values.length > 0 ? [name] : []);
}
// src/plan/handover.ts
const isText = (value) => typeof value === "string";
const isFlag = (value) => typeof value === "boolean";
/** Of bytes, lines, things: whole and not below 0. */
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isAbsolutePath = (value) => typeof value === "string" && /^\/[^\0]*$/.test(value);
function isOneOf(words) {
	return (value) => typeof value === "string" && words.includes(value);
}
/** A text that a parser takes. */
function isTextThat(fits) {
	return (value) => typeof value === "string" && fits(value);
}
function isListOf(item) {
	return (value) => Array.isArray(value) && value.every(item);
}
function isRecordOf(member) {
	return (value) => isJsonObject(value) && Object.values(value).every(member);
}
function isAnyOf(...shapes) {
	return (value) => shapes.some((fits) => fits(value));
}
const isNull = (value) => value === null;
function optionally(shape) {
	return { optional: shape };
}
/** An object with these members and no other. */
function isMade(members) {
	const shapes = new Map(Object.entries(members));
	return (value) => {
		if (!isJsonObject(value) || !Object.keys(value).every((name) => shapes.has(name))) return false;
		return [...shapes].every(([name, shape]) => {
			const isThere = Object.hasOwn(value, name);
			return typeof shape === "function" ? isThere && shape(value[name]) : !isThere || shape.optional(value[name]);
		});
	};
}
/**
* What one step of the action hands to the next as JSON. A script of the job may have put something else in its place.
*
* @param name of the input that it comes as, @param shape of all of it
* @throws InputError when it is no JSON object, or has another shape
*/
function handedOver(name, text, shape = isJsonObject) {
	try {
		const value = JSON.parse(text);
		if (isJsonObject(value) && shape(value)) return value;
	} catch (error) {
		if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
	}
	throw new InputError([{
		where: `input ${name}`,
		text: "is not what the step before writes: use the action as a whole, not this step of it"
	}]);
}
// src/plan/planshape.ts
const isTexts = isListOf(isText);
const isRecordOfTexts = isRecordOf(isText);
const orNull = (shape) => optionally(isAnyOf(isNull, shape));
const isChanges = isAnyOf(isText, isNull);
const isPlatform = isMade({
	os: isText,
	architecture: isText,
	variant: optionally(isText)
});
const isConfig = isMade({
	entrypoint: orNull(isTexts),
	cmd: orNull(isTexts),
	env: orNull(isRecordOf(isChanges)),
	labels: orNull(isRecordOf(isChanges)),
	user: orNull(isText),
	workdir: orNull(isText),
	expose: orNull(isTexts),
	volumes: orNull(isTexts),
	stopsignal: orNull(isText),
	author: orNull(isText),
	history: orNull(isMade({
		createdBy: orNull(isText),
		author: orNull(isText),
		comment: orNull(isText)
	}))
});
const isMachine = isMade({
	memoryMegabytes: optionally(isCount),
	cpus: optionally(isCount),
	guestOS: optionally(isText),
	hardwareVersion: optionally(isText),
	diskController: optionally(isText),
	diskMode: optionally(isText),
	nics: isListOf(isRecordOfTexts),
	dvd: optionally(isRecordOfTexts),
	ovfType: optionally(isText),
	displayName: optionally(isText)
});
const isSelected = isMade({
	image: isText,
	file: isAbsolutePath,
	line: isCount,
	reason: isText,
	profiles: isTexts,
	version: isText,
	packageManager: isText,
	format: optionally(isText),
	diskFormat: optionally(isOneOf(DISK_FORMAT_NAMES)),
	archive: optionally(isText),
	bundleFormat: optionally(isText),
	formatOptions: isTexts,
	vhdFixedTag: optionally(isText),
	gceLicense: optionally(isText),
	machine: optionally(isMachine),
	derivedFrom: optionally(isText),
	derivedFromLine: optionally(isCount),
	filesystem: optionally(isText),
	filesystems: isTexts,
	firmware: optionally(isText),
	bootloader: optionally(isText),
	volumeManager: optionally(isText),
	size: optionally(isMade({
		megabytes: isCount,
		additive: isFlag
	})),
	containerConfig: optionally(isConfig),
	naming: optionally(isMade({
		name: orNull(isText),
		tag: orNull(isText),
		additionalNames: orNull(isTexts)
	})),
	containerLines: isRecordOf(isCount),
	author: optionally(isText),
	replacesInitrd: isFlag,
	attributes: isRecordOfTexts
});
const isPlaceholder = isMade({
	index: isCount,
	where: isText,
	distribution: optionally(isText),
	components: optionally(isTexts),
	imageInclude: isFlag,
	repositoryGpgcheck: isFlag
});
const isDescriptionSource = isMade({
	kind: isOneOf(["description"]),
	folder: isAbsolutePath,
	file: isAbsolutePath,
	name: isTextThat((text) => /^[\w.-]+$/.test(text)),
	version: isTextThat((text) => !/[/\0]/.test(text)),
	schemaVersion: isText,
	profiles: isTexts,
	type: optionally(isText),
	selected: isSelected,
	kiwiName: isTextThat((text) => !/[/\0]/.test(text)),
	diskName: optionally(isTextThat((text) => !/[/\0]/.test(text))),
	packageManager: isText,
	hasFstabPatch: isFlag,
	repositories: isTexts,
	placeholders: isListOf(isPlaceholder),
	kiwiVersion: isText,
	globalArguments: isTexts,
	buildArguments: isTexts
});
const isAnnotation = isMade({
	levels: isListOf(isOneOf(ANNOTATION_LEVELS)),
	platform: optionally(isPlatform),
	key: isText,
	value: isText
});
const isTag = isTextThat((text) => {
	const parsed = parseTag(text);
	return !("problem" in parsed) && parsed.text === text;
});
/** Names no problem: what the plan holds was parsed when it was made. */
const isBase = isTextThat((text) => {
	const parsed = parseBase(text);
	return parsed === "scratch" || !("problem" in parsed);
});
/** The whole of a plan, as it was written by `planText`. */
const isPlan = isMade({
	planVersion: (value) => value === 1,
	source: isAnyOf(isMade({
		kind: isOneOf(["disk"]),
		path: isAbsolutePath
	}), isDescriptionSource),
	kinds: (value) => Array.isArray(value) && value.length > 0 && value.every(isOneOf(KINDS$1)),
	diskTypes: isListOf(isOneOf(DISK_TYPES)),
	format: isOneOf(DISK_FORMAT_NAMES),
	formatSource: isText,
	diskPath: optionally(isAbsolutePath),
	base: isBase,
	baseSource: isText,
	basePacking: optionally(isOneOf([
		"gzip",
		"zstd",
		"xz",
		"bzip2"
	])),
	platform: isPlatform,
	config: isConfig,
	labels: isRecordOfTexts,
	annotations: isListOf(isAnnotation),
	names: isListOf(isMade({
		repository: isText,
		tag: isText
	})),
	compression: isMade({
		algorithm: isOneOf([
			"gzip",
			"zstd",
			"none"
		]),
		level: optionally(isCount)
	}),
	tags: isListOf(isTag),
	tagsSource: optionally(isText),
	push: isFlag,
	pushByDigest: optionally(isTextThat((text) => parseRepository(text) === text)),
	exports: isListOf(isTextThat((text) => !("problem" in parseDestination(text)))),
	exportsSource: optionally(isText),
	loginRegistry: optionally(isTextThat((text) => parseRegistry(text) === text)),
	tlsVerify: isFlag,
	cache: isFlag,
	fastBuild: isFlag,
	installTools: isFlag,
	workDirectory: optionally(isAbsolutePath),
	sourceDateEpoch: optionally((value) => typeof value === "number" && epochProblem(value) === void 0),
	summary: isFlag
});
// src/plan/plantext.ts
/** @throws InputError when the text is no plan of this version: a step was used without the one before it, or it was forged */
function parsePlan(text) {
	const { planVersion: _, ...plan } = handedOver("plan", text, isPlan);
	return plan;
}
// node_modules/@actions/core/lib/utils.js
/**
* Sanitizes an input into a string so it can be passed into issueCommand safely
* @param input input to sanitize into a string
*/
function toCommandValue(input) {
	if (input === null || input === void 0) return "";
	else if (typeof input === "string" || input instanceof String) return input;
	return JSON.stringify(input);
}
/**
*
* @param annotationProperties
* @returns The command properties to send with the actual annotation command
* See IssueCommandProperties: https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs#L646
*/
function toCommandProperties(annotationProperties) {
	if (!Object.keys(annotationProperties).length) return {};
	return {
		title: annotationProperties.title,
		file: annotationProperties.file,
		line: annotationProperties.startLine,
		endLine: annotationProperties.endLine,
		col: annotationProperties.startColumn,
		endColumn: annotationProperties.endColumn
	};
}
// node_modules/@actions/core/lib/command.js
/**
* Issues a command to the GitHub Actions runner
*
* @param command - The command name to issue
* @param properties - Additional properties for the command (key-value pairs)
* @param message - The message to include with the command
* @remarks
* This function outputs a specially formatted string to stdout that the Actions
* runner interprets as a command. These commands can control workflow behavior,
* set outputs, create annotations, mask values, and more.
*
* Command Format:
*   ::name key=value,key=value::message
*
* @example
* ```typescript
* // Issue a warning annotation
* issueCommand('warning', {}, 'This is a warning message');
* // Output: ::warning::This is a warning message
*
* // Set an environment variable
* issueCommand('set-env', { name: 'MY_VAR' }, 'some value');
* // Output: ::set-env name=MY_VAR::some value
*
* // Add a secret mask
* issueCommand('add-mask', {}, 'secretValue123');
* // Output: ::add-mask::secretValue123
* ```
*
* @internal
* This is an internal utility function that powers the public API functions
* such as setSecret, warning, error, and exportVariable.
*/
function issueCommand(command, properties, message) {
	const cmd = new Command(command, properties, message);
	process.stdout.write(cmd.toString() + os.EOL);
}
function issue(name, message = "") {
	issueCommand(name, {}, message);
}
const CMD_STRING = "::";
var Command = class {
	constructor(command, properties, message) {
		if (!command) command = "missing.command";
		this.command = command;
		this.properties = properties;
		this.message = message;
	}
	toString() {
		let cmdStr = CMD_STRING + this.command;
		if (this.properties && Object.keys(this.properties).length > 0) {
			cmdStr += " ";
			let first = true;
			for (const key in this.properties) if (this.properties.hasOwnProperty(key)) {
				const val = this.properties[key];
				if (val) {
					if (first) first = false;
					else cmdStr += ",";
					cmdStr += `${key}=${escapeProperty(val)}`;
				}
			}
		}
		cmdStr += `${CMD_STRING}${escapeData(this.message)}`;
		return cmdStr;
	}
};
function escapeData(s) {
	return toCommandValue(s).replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
}
function escapeProperty(s) {
	return toCommandValue(s).replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A").replace(/:/g, "%3A").replace(/,/g, "%2C");
}
// node_modules/@actions/core/lib/file-command.js
function issueFileCommand(command, message) {
	const filePath = process.env[`GITHUB_${command}`];
	if (!filePath) throw new Error(`Unable to find environment variable for file command ${command}`);
	if (!fs.existsSync(filePath)) throw new Error(`Missing file at path: ${filePath}`);
	fs.appendFileSync(filePath, `${toCommandValue(message)}${os.EOL}`, { encoding: "utf8" });
}
function prepareKeyValueMessage(key, value) {
	const delimiter = `ghadelimiter_${crypto.randomUUID()}`;
	const convertedValue = toCommandValue(value);
	if (key.includes(delimiter)) throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter}"`);
	if (convertedValue.includes(delimiter)) throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter}"`);
	return `${key}<<${delimiter}${os.EOL}${convertedValue}${os.EOL}${delimiter}`;
}
// node_modules/@actions/io/lib/io-util.js
var __awaiter$3 = function(thisArg, _arguments, P, generator) {
	function adopt(value) {
		return value instanceof P ? value : new P(function(resolve) {
			resolve(value);
		});
	}
	return new (P || (P = Promise))(function(resolve, reject) {
		function fulfilled(value) {
			try {
				step(generator.next(value));
			} catch (e) {
				reject(e);
			}
		}
		function rejected(value) {
			try {
				step(generator["throw"](value));
			} catch (e) {
				reject(e);
			}
		}
		function step(result) {
			result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected);
		}
		step((generator = generator.apply(thisArg, _arguments || [])).next());
	});
};
const { chmod: chmod$1, copyFile: copyFile$1, lstat: lstat$1, mkdir: mkdir$1, open: open$1, readdir: readdir$1, rename: rename$1, rm: rm$1, rmdir: rmdir$1, stat: stat$1, symlink: symlink$1, unlink } = fs.promises;
const IS_WINDOWS$1 = process.platform === "win32";
/**
* Custom implementation of readlink to ensure Windows junctions
* maintain trailing backslash for backward compatibility with Node.js < 24
*
* In Node.js 20, Windows junctions (directory symlinks) always returned paths
* with trailing backslashes. Node.js 24 removed this behavior, which breaks
* code that relied on this format for path operations.
*
* This implementation restores the Node 20 behavior by adding a trailing
* backslash to all junction results on Windows.
*/
function readlink$1(fsPath) {
	return __awaiter$3(this, void 0, void 0, function* () {
		const result = yield fs.promises.readlink(fsPath);
		if (IS_WINDOWS$1 && !result.endsWith("\\")) return `${result}\\`;
		return result;
	});
}
fs.constants.O_RDONLY;
function exists(fsPath) {
	return __awaiter$3(this, void 0, void 0, function* () {
		try {
			yield stat$1(fsPath);
		} catch (err) {
			if (err.code === "ENOENT") return false;
			throw err;
		}
		return true;
	});
}
// node_modules/@actions/io/lib/io.js
var __awaiter$2 = function(thisArg, _arguments, P, generator) {
	function adopt(value) {
		return value instanceof P ? value : new P(function(resolve) {
			resolve(value);
		});
	}
	return new (P || (P = Promise))(function(resolve, reject) {
		function fulfilled(value) {
			try {
				step(generator.next(value));
			} catch (e) {
				reject(e);
			}
		}
		function rejected(value) {
			try {
				step(generator["throw"](value));
			} catch (e) {
				reject(e);
			}
		}
		function step(result) {
			result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected);
		}
		step((generator = generator.apply(thisArg, _arguments || [])).next());
	});
};
/**
* Copies a file or folder.
* Based off of shelljs - https://github.com/shelljs/shelljs/blob/9237f66c52e5daa40458f94f9565e18e8132f5a6/src/cp.js
*
* @param     source    source path
* @param     dest      destination path
* @param     options   optional. See CopyOptions.
*/
function cp$1(source_1, dest_1) {
	return __awaiter$2(this, arguments, void 0, function* (source, dest, options = {}) {
		const { force, recursive, copySourceDirectory } = readCopyOptions(options);
		const destStat = (yield exists(dest)) ? yield stat$1(dest) : null;
		if (destStat && destStat.isFile() && !force) return;
		const newDest = destStat && destStat.isDirectory() && copySourceDirectory ? path.join(dest, path.basename(source)) : dest;
		if (!(yield exists(source))) throw new Error(`no such file or directory: ${source}`);
		if ((yield stat$1(source)).isDirectory()) {
			if (!recursive) throw new Error(`Failed to copy. ${source} is a directory, but tried to copy without recursive flag.`);
			else yield cpDirRecursive(source, newDest, 0, force);
		} else {
			if (path.relative(source, newDest) === "") throw new Error(`'${newDest}' and '${source}' are the same file`);
			yield copyFile(source, newDest, force);
		}
	});
}
/**
* Remove a path recursively with force
*
* @param inputPath path to remove
*/
function rmRF(inputPath) {
	return __awaiter$2(this, void 0, void 0, function* () {
		if (IS_WINDOWS$1) {
			if (/[*"<>|]/.test(inputPath)) throw new Error("File path must not contain `*`, `\"`, `<`, `>` or `|` on Windows");
		}
		try {
			yield rm$1(inputPath, {
				force: true,
				maxRetries: 3,
				recursive: true,
				retryDelay: 300
			});
		} catch (err) {
			throw new Error(`File was unable to be removed ${err}`);
		}
	});
}
/**
* Make a directory.  Creates the full path with folders in between
* Will throw if it fails
*
* @param   fsPath        path to create
* @returns Promise<void>
*/
function mkdirP(fsPath) {
	return __awaiter$2(this, void 0, void 0, function* () {
		ok(fsPath, "a path argument must be provided");
		yield mkdir$1(fsPath, { recursive: true });
	});
}
function readCopyOptions(options) {
	return {
		force: options.force == null ? true : options.force,
		recursive: Boolean(options.recursive),
		copySourceDirectory: options.copySourceDirectory == null ? true : Boolean(options.copySourceDirectory)
	};
}
function cpDirRecursive(sourceDir, destDir, currentDepth, force) {
	return __awaiter$2(this, void 0, void 0, function* () {
		if (currentDepth >= 255) return;
		currentDepth++;
		yield mkdirP(destDir);
		const files = yield readdir$1(sourceDir);
		for (const fileName of files) {
			const srcFile = `${sourceDir}/${fileName}`;
			const destFile = `${destDir}/${fileName}`;
			if ((yield lstat$1(srcFile)).isDirectory()) yield cpDirRecursive(srcFile, destFile, currentDepth, force);
			else yield copyFile(srcFile, destFile, force);
		}
		yield chmod$1(destDir, (yield stat$1(sourceDir)).mode);
	});
}
function copyFile(srcFile, destFile, force) {
	return __awaiter$2(this, void 0, void 0, function* () {
		if ((yield lstat$1(srcFile)).isSymbolicLink()) {
			try {
				yield lstat$1(destFile);
				yield unlink(destFile);
			} catch (e) {
				if (e.code === "EPERM") {
					yield chmod$1(destFile, "0666");
					yield unlink(destFile);
				}
			}
			const symlinkFull = yield readlink$1(srcFile);
			yield symlink$1(symlinkFull, destFile, IS_WINDOWS$1 ? "junction" : null);
		} else if (!(yield exists(destFile)) || force) yield copyFile$1(srcFile, destFile);
	});
}
/**
* The code to exit an action
*/
var ExitCode;
(function(ExitCode) {
	/**
	* A code indicating that the action was successful
	*/
	ExitCode[ExitCode["Success"] = 0] = "Success";
	/**
	* A code indicating that the action was a failure
	*/
	ExitCode[ExitCode["Failure"] = 1] = "Failure";
})(ExitCode || (ExitCode = {}));
/**
* Registers a secret which will get masked from logs
*
* @param secret - Value of the secret to be masked
* @remarks
* This function instructs the Actions runner to mask the specified value in any
* logs produced during the workflow run. Once registered, the secret value will
* be replaced with asterisks (***) whenever it appears in console output, logs,
* or error messages.
*
* This is useful for protecting sensitive information such as:
* - API keys
* - Access tokens
* - Authentication credentials
* - URL parameters containing signatures (SAS tokens)
*
* Note that masking only affects future logs; any previous appearances of the
* secret in logs before calling this function will remain unmasked.
*
* @example
* ```typescript
* // Register an API token as a secret
* const apiToken = "abc123xyz456";
* setSecret(apiToken);
*
* // Now any logs containing this value will show *** instead
* console.log(`Using token: ${apiToken}`); // Outputs: "Using token: ***"
* ```
*/
function setSecret(secret) {
	issueCommand("add-mask", {}, secret);
}
/**
* Prepends inputPath to the PATH (for this action and future actions)
* @param inputPath
*/
function addPath(inputPath) {
	if (process.env["GITHUB_PATH"] || "") issueFileCommand("PATH", inputPath);
	else issueCommand("add-path", {}, inputPath);
	process.env["PATH"] = `${inputPath}${path.delimiter}${process.env["PATH"]}`;
}
/**
* Sets the value of an output.
*
* @param     name     name of the output to set
* @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
*/
function setOutput(name, value) {
	if (process.env["GITHUB_OUTPUT"] || "") return issueFileCommand("OUTPUT", prepareKeyValueMessage(name, value));
	process.stdout.write(os.EOL);
	issueCommand("set-output", { name }, toCommandValue(value));
}
/**
* Writes debug message to user log
* @param message debug message
*/
function debug(message) {
	issueCommand("debug", {}, message);
}
/**
* Adds an error issue
* @param message error issue message. Errors will be converted to string via toString()
* @param properties optional properties to add to the annotation.
*/
function error(message, properties = {}) {
	issueCommand("error", toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
* Adds a warning issue
* @param message warning issue message. Errors will be converted to string via toString()
* @param properties optional properties to add to the annotation.
*/
function warning(message, properties = {}) {
	issueCommand("warning", toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
* Writes info to log with console.log.
* @param message info message
*/
function info(message) {
	process.stdout.write(message + os.EOL);
}
/**
* Begin an output group.
*
* Output until the next `groupEnd` will be foldable in this group
*
* @param name The name of the output group
*/
function startGroup(name) {
	issue("group", name);
}
/**
* End an output group.
*/
function endGroup() {
	issue("endgroup");
}
/**
* Saves state for current action, the state can only be retrieved by this action's post job execution.
*
* @param     name     name of the state to store
* @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
*/
function saveState(name, value) {
	if (process.env["GITHUB_STATE"] || "") return issueFileCommand("STATE", prepareKeyValueMessage(name, value));
	issueCommand("save-state", { name }, toCommandValue(value));
}
// src/registry/login/secretforms.ts
/** The forms in which a program, or a registry that repeats what it got, prints a secret. */
function secretForms(...secrets) {
	const forms = secrets.flatMap((secret) => {
		const text = secret.toWellFormed();
		return [
			text,
			...text.split(/[\r\n]+/),
			JSON.stringify(text).slice(1, -1),
			encodeURIComponent(text),
			new URLSearchParams([["", text]]).toString().slice(1),
			Buffer.from(text).toString("base64"),
			Buffer.from(text).toString("base64url")
		];
	});
	return [...new Set(forms.filter((form) => form.trim() !== ""))];
}
/** Those of what stands before the host of an address: `http://user:password@host/`, also without `http://`. */
function addressForms(address) {
	const [, userinfo, password] = /(?:^|:\/\/)([^/\s@:]*:([^/\s@]+))@/.exec(address) ?? [];
	if (userinfo === void 0 || password === void 0) return [];
	return secretForms(userinfo, decoded(userinfo), password, decoded(password));
}
/** As programs decode it that let a stray % stand for itself, as Python's urllib does. */
function decoded(text) {
	return text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString("utf8"));
}
// src/runner.ts
/**
* Reports to a workflow runner. What programs print stands between `stop-commands` and a token that they cannot know, so
* that a line like `::set-output` or `##[add-mask]` in it stays text (runner: ActionCommandManager.cs).
*/
var Runner = class {
	#fence;
	#grouped = false;
	info(line) {
		this.#open();
		info(harmless(line));
	}
	warning(line) {
		this.#open();
		warning(plainLine(line));
	}
	output(line) {
		if (this.#fence === void 0) {
			this.#fence = randomUUID();
			info(`::stop-commands::${this.#fence}`);
		}
		info(line);
	}
	group(title) {
		this.endGroup();
		startGroup(harmless(title));
		this.#grouped = true;
	}
	endGroup() {
		this.#open();
		if (this.#grouped) endGroup();
		this.#grouped = false;
	}
	/** Shows an error: one annotation a problem, titled with its code, at its file and line where it has one, then the detail, folded. */
	error(thrown) {
		this.endGroup();
		const { code, message, detail, exitCode } = describeError(thrown);
		if (thrown instanceof ProblemsError) for (const problem of thrown.problems) error(harmless(`${problem.where}: ${problem.text}`), {
			title: code,
			...problem.file === void 0 ? {} : { file: problem.file },
			...problem.line === void 0 ? {} : { startLine: problem.line }
		});
		else if (thrown instanceof HostErrors) for (const lack of thrown.lacks) error(plainLine(lack.message), { title: lack.code });
		else error(plainLine(message), { title: code });
		if (detail.length > 0) {
			this.group("Details");
			for (const line of detail) this.output(line);
			this.endGroup();
		}
		return exitCode;
	}
	#open() {
		if (this.#fence !== void 0) info(`::${this.#fence}::`);
		this.#fence = void 0;
	}
};
/**
* A line of ours that may quote somebody else's words: it stays one line and no command, in neither syntax of the runner
* (ActionCommand.cs: `::` at the start after blanks, `##[` anywhere).
*/
function harmless(line) {
	return plainLine(line).replace(/^(\s*):(?=:)/, "$1: ").replaceAll("##[", "## [");
}
/**
* The inputs in a step's environment (`INPUT_BASE-IMAGE`); they are taken out of it, so that no program inherits them.
* Names that are near to one of ours are problems. Others are none of ours: `INPUT_METHOD` is the desktop's.
*
* @param names of the action; those of the root action where left out
*/
function takeInputs(environment, names = INPUT_NAMES) {
	const raw = /* @__PURE__ */ new Map();
	const problems = [];
	for (const [variable, text = ""] of Object.entries(environment)) {
		if (!variable.startsWith("INPUT_")) continue;
		const spelled = variable.slice(6).toLowerCase();
		delete environment[variable];
		const name = inputNamed(spelled, names);
		const [similar] = name === void 0 ? similarNames(spelled, names) : [];
		if (name !== void 0 && text !== "") raw.set(name, rawEntries(name, text));
		if (similar !== void 0) problems.push({
			where: `input ${spelled}`,
			text: `is no input of kiwi-oci: did you mean ${similar}?`
		});
	}
	return {
		raw,
		problems
	};
}
/** Values that a step takes beside the inputs of the action, from the steps before it. */
function takeValue(environment, name) {
	const variable = `INPUT_${name.toUpperCase()}`;
	const value = environment[variable] ?? "";
	delete environment[variable];
	return value;
}
/** Keeps the login out of the log that an address may carry: `https://user:password@host/`. */
function maskUriPassword(text) {
	for (const form of addressForms(text)) setSecret(form);
}
function setOutputs(outputs) {
	for (const [name, value] of Object.entries(outputs)) setOutput(name, value);
}
const folders = [];
/** Remembers a folder for the step's post entry, before anything is put into it. */
function rememberFolder(folder) {
	folders.push(folder);
	saveState("folders", JSON.stringify(folders));
}
// src/disk/guest/partitiontype.ts
/** UAPI group, "Discoverable Partitions Specification": the types of the root and of /usr of each architecture. */
const ROOTS = [
	[
		"386",
		"44479540-f297-41b2-9af7-d131d5f0458a",
		"75250d76-8cc6-458e-bd66-bd47cc81a812"
	],
	[
		"amd64",
		"4f68bce3-e8cd-4db1-96e7-fbcaf984b709",
		"8484680c-9521-48c6-9c11-b0720656f69e"
	],
	[
		"arm",
		"69dad710-2ce4-4e3c-b16c-21a1d49abed3",
		"7d0359a3-02b3-4f0a-865c-654403e70625"
	],
	[
		"arm64",
		"b921b045-1df0-41c3-af44-4c6f280d3fae",
		"b0e01050-ee5f-4390-949a-9101b17104e9"
	],
	[
		"loong64",
		"77055800-792c-4f94-b39a-98c91b762bb6",
		"e611c702-575c-4cbe-9a46-434fa0bf7e3f"
	],
	[
		"mips64le",
		"700bda43-7a34-4507-b179-eeb93d7a7ca3",
		"c97c1f32-ba06-40b4-9f22-236061b08aa8"
	],
	[
		"mipsle",
		"37c58c8a-d913-4156-a25f-48b1b64e07f0",
		"0f4868e9-9952-4706-979f-3ed3a473e947"
	],
	[
		"ppc64",
		"912ade1d-a839-4913-8964-a10eee08fbd2",
		"2c9739e2-f068-46b3-9fd0-01c5a9afbcca"
	],
	[
		"ppc64le",
		"c31c45e6-3f39-412e-80fb-4809c4980599",
		"15bb03af-77e7-4d4a-b12b-c0d084f7491c"
	],
	[
		"riscv64",
		"72ec70a6-cf74-40e6-bd49-4bda08e8f224",
		"beaec34b-8442-439b-a40b-984381ed097d"
	],
	[
		"s390x",
		"5eead9a9-fe09-4a1e-a1d7-520d00531306",
		"8a4f5770-50aa-4ed3-874a-99b710db6fea"
	]
];
/** grub-install's manual, "BIOS installation": GRUB's code for PCs, whose kernel may be of either width. */
const BIOS_BOOT = {
	architectures: ["amd64", "386"],
	text: "a BIOS boot partition"
};
/** Power Architecture Platform Requirements: firmware loads from it, in either byte order. */
const PREP_BOOT = {
	architectures: ["ppc64le", "ppc64"],
	text: "a PReP boot partition"
};
new Map([
	...ROOTS.flatMap(([architecture, root, usr]) => [[root, {
		architectures: [architecture],
		text: `a root for ${architecture} by its type`
	}], [usr, {
		architectures: [architecture],
		text: `a /usr for ${architecture} by its type`
	}]]),
	["21686148-6449-6e6f-744e-656564454649", BIOS_BOOT],
	["9e1a2d38-c612-4316-aa26-8b49521e5a8b", PREP_BOOT],
	["41", PREP_BOOT]
]);
// src/job/temporaries.ts
/** Nothing else than such names is ever removed, whoever wrote down a prefix. */
const PREFIX = /^\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.$/;
/** Those that `JSON.stringify` wrote, other fields beside them; none where there are none. */
function parseTemporaries(text) {
	const none = {
		inside: [],
		prefix: ""
	};
	try {
		const { inside, prefix } = JSON.parse(text);
		return Array.isArray(inside) && inside.every((folder) => typeof folder === "string") && typeof prefix === "string" && PREFIX.test(prefix) ? {
			inside,
			prefix
		} : none;
	} catch {
		return none;
	}
}
/** Removes what a process that was killed left in folders of others, which stay. Throws nothing. */
async function removeTemporaries({ inside, prefix }) {
	for (const folder of inside) {
		const names = await readdir(folder).catch(() => []);
		for (const name of names.filter((each) => each.startsWith(prefix) && each.endsWith(".tmp"))) await rm(join(folder, name), {
			recursive: true,
			force: true
		}).catch(() => {});
	}
}
// src/job/sweep.ts
/**
* Removes what jobs left that were killed with all that looked after them, mounts and loop devices among it. Folders of
* jobs that may still work, or whose holder is not known, are left alone. What cannot be removed is told as a warning.
*/
async function sweepFolders({ parents, asking, uid, supervisor, report }) {
	for (const parent of new Set(parents)) {
		const names = await readdir(parent).catch(() => []);
		for (const name of names.filter(isJobFolder)) {
			const folder = join(parent, name);
			const marker = await markerOf(folder, uid);
			if (!(marker === void 0 ? await removeUnmarked(folder) : await isOfDead(marker, asking, parent))) continue;
			report.info(`removing ${folder}, which a job left that was killed`);
			await removeTemporaries(parseTemporaries(marker ?? ""));
			await removeAbandoned([folder], supervisor, report);
		}
	}
}
/**
* What stands in the marker of a folder of this user: nothing where it belongs to nobody, as a folder of others and what cannot
* be read. Undefined where there is none.
*/
async function markerOf(folder, uid) {
	const itself = await lstat(folder).catch(() => void 0);
	if (!itself?.isDirectory() || itself.uid !== uid) return "";
	try {
		return (await lstat(join(folder, ".kiwi-oci"))).isFile() ? await readFile(join(folder, MARKER), "utf8") : "";
	} catch (error) {
		return error instanceof Error && "code" in error && error.code === "ENOENT" ? void 0 : "";
	}
}
async function isOfDead(marker, asking, parent) {
	const holder = parseHolder(marker);
	return holder !== void 0 && await isDead(holder, asking, parent);
}
/**
* A job was killed between making its folder and marking it, or removed all but the folder; one that only is slow makes
* another (`makeJobFolder`). Anything else in it, and it stays.
*
* @returns whether it is gone
*/
async function removeUnmarked(folder) {
	try {
		const names = await readdir(folder);
		if (!names.every(isTemporaryName)) return false;
		for (const name of names) await rm(join(folder, name));
		await rmdir(folder);
		return true;
	} catch {
		return false;
	}
}
// src/steps/mirrors.ts
/** The table of public mirrors, ours or the one that `KIWI_OCI_MIRRORS` names. */
async function plannedMirrors(around) {
	return around.mirrorsFile === void 0 ? publicMirrors : readMirrors(around.mirrorsFile);
}
// src/steps/buildjob.ts
/** What a job that was killed left where this one works: it takes space that is asked for. */
async function sweep(plan, { around, holder, report }) {
	if (holder === void 0) return;
	await sweepFolders({
		parents: [resolve(plan.workDirectory ?? around.temp), around.temp],
		asking: holder,
		uid: around.uid,
		supervisor: around,
		report
	});
}
// src/cache/seal.ts
/** Stands in the folder that it seals. */
const SEAL = ".kiwi-oci-seal.json";
const READ_AT_ONCE = 16;
const SHOWN = 3;
/**
* Writes down what a folder holds, every byte of it, so that a later job runs it only as it was made.
*
* @param lock what it was made of
*/
async function sealFolder(folder, lock) {
	const seal = {
		lock,
		content: await contentOf(folder)
	};
	await writeFile(join(folder, SEAL), JSON.stringify(seal));
}
/**
* Why a folder is not what was sealed, as the end of a sentence about it; undefined when it is, to the last byte.
*
* @param lock what it has to be made of
*/
async function sealProblem(folder, lock) {
	const seal = await sealOf(folder);
	if (seal === void 0) return "has no list of its files";
	if (seal.lock !== lock) return "was made of other parts";
	const found = await contentOf(folder);
	const wrong = [.../* @__PURE__ */ new Set([...Object.keys(seal.content), ...Object.keys(found)])].filter((path) => found[path] !== seal.content[path]).toSorted();
	if (wrong.length === 0) return void 0;
	const more = wrong.length > SHOWN ? ` and ${wrong.length - SHOWN} more` : "";
	return `is damaged (${wrong.slice(0, SHOWN).join(", ")}${more})`;
}
async function sealOf(folder) {
	try {
		const { lock, content } = JSON.parse(await readFile(join(folder, SEAL), "utf8"));
		if (typeof lock === "string" && typeof content === "object" && content !== null) return {
			lock,
			content
		};
	} catch {}
}
async function contentOf(folder) {
	const paths = (await pathsIn(folder, "")).filter((path) => path !== SEAL);
	const content = /* @__PURE__ */ new Map();
	const waiting = paths[Symbol.iterator]();
	const read = async () => {
		for (const path of waiting) content.set(path, await stateOf(join(folder, path)));
	};
	await Promise.all(Array.from({ length: READ_AT_ONCE }, read));
	return Object.fromEntries(content);
}
/** Everything but folders; links are not followed. */
async function pathsIn(folder, below) {
	const paths = (await readdir(join(folder, below), { withFileTypes: true })).map(async (entry) => {
		const path = join(below, entry.name);
		return entry.isDirectory() ? await pathsIn(folder, path) : [path];
	});
	return (await Promise.all(paths)).flat();
}
async function stateOf(path) {
	const found = await lstat(path);
	if (found.isSymbolicLink()) return `link to ${await readlink(path)}`;
	if (!found.isFile()) return "no file";
	return `${digestOf(await readFile(path))}${(found.mode & 73) === 0 ? "" : " to run"}`;
}
// src/steps/sealedkiwi.ts
/** Seals a kiwi-ng that was just installed. */
async function seal(folder, version) {
	await sealFolder(folder, kiwiLock(version));
}
/** A kept kiwi-ng as it was sealed; undefined, said in the log, where it is something else by now. */
async function unbroken(folder, version, report) {
	const problem = await sealProblem(folder, kiwiLock(version));
	if (problem === void 0) return folder;
	report.warning(`the kept kiwi-ng ${version} in ${folder} ${problem}: it is not used`);
}
// src/steps/localshelf.ts
/** Keeps kiwi-ng for this job only. */
function jobShelf(temp, keeping) {
	return {
		find: async () => void 0,
		keep: async (folder) => {
			const own = await makeJobFolder(temp, "tools-", keeping);
			await cp(folder, join(own, "kiwi-ng"), {
				recursive: true,
				verbatimSymlinks: true
			});
			return join(own, "kiwi-ng");
		}
	};
}
// node_modules/semver/internal/constants.js
var require_constants = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = {
		MAX_LENGTH: 256,
		MAX_SAFE_COMPONENT_LENGTH: 16,
		MAX_SAFE_BUILD_LENGTH: 250,
		MAX_SAFE_INTEGER: Number.MAX_SAFE_INTEGER || 
		/* istanbul ignore next */ 9007199254740991,
		WHITESPACE_CHARACTERS: [
			"	",
			"\n",
			"\v",
			"\f",
			"\r",
			" ",
			"\xA0",
			" ",
			" ",
			" ",
			" ",
			" ",
			" ",
			" ",
			" ",
			" ",
			" ",
			" ",
			" ",
			"\u2028",
			"\u2029",
			" ",
			" ",
			"　",
			"﻿"
		],
		RELEASE_TYPES: [
			"major",
			"premajor",
			"minor",
			"preminor",
			"patch",
			"prepatch",
			"prerelease"
		],
		SEMVER_SPEC_VERSION: "2.0.0",
		FLAG_INCLUDE_PRERELEASE: 1,
		FLAG_LOOSE: 2
	};
}));
// node_modules/semver/internal/debug.js
var require_debug = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = typeof process === "object" && process.env && process.env.NODE_DEBUG && /\bsemver\b/i.test(process.env.NODE_DEBUG) ? (...args) => console.error("SEMVER", ...args) : () => {};
}));
// node_modules/semver/internal/re.js
var require_re = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const { MAX_SAFE_COMPONENT_LENGTH, MAX_SAFE_BUILD_LENGTH, MAX_LENGTH } = require_constants();
	const debug = require_debug();
	exports = module.exports = {};
	const re = exports.re = [];
	const safeRe = exports.safeRe = [];
	const src = exports.src = [];
	const safeSrc = exports.safeSrc = [];
	const t = exports.t = {};
	let R = 0;
	const LETTERDASHNUMBER = "[a-zA-Z0-9-]";
	const safeRegexReplacements = [
		["\\s", 1],
		["\\d", MAX_LENGTH],
		[LETTERDASHNUMBER, MAX_SAFE_BUILD_LENGTH]
	];
	const makeSafeRegex = (value) => {
		for (const [token, max] of safeRegexReplacements) value = value.split(`${token}*`).join(`${token}{0,${max}}`).split(`${token}+`).join(`${token}{1,${max}}`);
		return value;
	};
	const createToken = (name, value, isGlobal) => {
		const safe = makeSafeRegex(value);
		const index = R++;
		debug(name, index, value);
		t[name] = index;
		src[index] = value;
		safeSrc[index] = safe;
		re[index] = new RegExp(value, isGlobal ? "g" : void 0);
		safeRe[index] = new RegExp(safe, isGlobal ? "g" : void 0);
	};
	createToken("NUMERICIDENTIFIER", "0|[1-9]\\d*");
	createToken("NUMERICIDENTIFIERLOOSE", "\\d+");
	createToken("NONNUMERICIDENTIFIER", `\\d*[a-zA-Z-]${LETTERDASHNUMBER}*`);
	createToken("MAINVERSION", `(${src[t.NUMERICIDENTIFIER]})\\.(${src[t.NUMERICIDENTIFIER]})\\.(${src[t.NUMERICIDENTIFIER]})`);
	createToken("MAINVERSIONLOOSE", `(${src[t.NUMERICIDENTIFIERLOOSE]})\\.(${src[t.NUMERICIDENTIFIERLOOSE]})\\.(${src[t.NUMERICIDENTIFIERLOOSE]})`);
	createToken("PRERELEASEIDENTIFIER", `(?:${src[t.NONNUMERICIDENTIFIER]}|${src[t.NUMERICIDENTIFIER]})`);
	createToken("PRERELEASEIDENTIFIERLOOSE", `(?:${src[t.NONNUMERICIDENTIFIER]}|${src[t.NUMERICIDENTIFIERLOOSE]})`);
	createToken("PRERELEASE", `(?:-(${src[t.PRERELEASEIDENTIFIER]}(?:\\.${src[t.PRERELEASEIDENTIFIER]})*))`);
	createToken("PRERELEASELOOSE", `(?:-?(${src[t.PRERELEASEIDENTIFIERLOOSE]}(?:\\.${src[t.PRERELEASEIDENTIFIERLOOSE]})*))`);
	createToken("BUILDIDENTIFIER", `${LETTERDASHNUMBER}+`);
	createToken("BUILD", `(?:\\+(${src[t.BUILDIDENTIFIER]}(?:\\.${src[t.BUILDIDENTIFIER]})*))`);
	createToken("FULLPLAIN", `v?${src[t.MAINVERSION]}${src[t.PRERELEASE]}?${src[t.BUILD]}?`);
	createToken("FULL", `^${src[t.FULLPLAIN]}$`);
	createToken("LOOSEPLAIN", `[v=\\s]*${src[t.MAINVERSIONLOOSE]}${src[t.PRERELEASELOOSE]}?${src[t.BUILD]}?`);
	createToken("LOOSE", `^${src[t.LOOSEPLAIN]}$`);
	createToken("GTLT", "((?:<|>)?=?)");
	createToken("XRANGEIDENTIFIERLOOSE", `${src[t.NUMERICIDENTIFIERLOOSE]}|x|X|\\*`);
	createToken("XRANGEIDENTIFIER", `${src[t.NUMERICIDENTIFIER]}|x|X|\\*`);
	createToken("XRANGEPLAIN", `[v=\\s]*(${src[t.XRANGEIDENTIFIER]})(?:\\.(${src[t.XRANGEIDENTIFIER]})(?:\\.(${src[t.XRANGEIDENTIFIER]})(?:${src[t.PRERELEASE]})?${src[t.BUILD]}?)?)?`);
	createToken("XRANGEPLAINLOOSE", `[v=\\s]*(${src[t.XRANGEIDENTIFIERLOOSE]})(?:\\.(${src[t.XRANGEIDENTIFIERLOOSE]})(?:\\.(${src[t.XRANGEIDENTIFIERLOOSE]})(?:${src[t.PRERELEASELOOSE]})?${src[t.BUILD]}?)?)?`);
	createToken("XRANGE", `^${src[t.GTLT]}\\s*${src[t.XRANGEPLAIN]}$`);
	createToken("XRANGELOOSE", `^${src[t.GTLT]}\\s*${src[t.XRANGEPLAINLOOSE]}$`);
	createToken("COERCEPLAIN", `(^|[^\\d])(\\d{1,${MAX_SAFE_COMPONENT_LENGTH}})(?:\\.(\\d{1,${MAX_SAFE_COMPONENT_LENGTH}}))?(?:\\.(\\d{1,${MAX_SAFE_COMPONENT_LENGTH}}))?`);
	createToken("COERCE", `${src[t.COERCEPLAIN]}(?:$|[^\\d])`);
	createToken("COERCEFULL", src[t.COERCEPLAIN] + `(?:${src[t.PRERELEASE]})?(?:${src[t.BUILD]})?(?:$|[^\\d])`);
	createToken("COERCERTL", src[t.COERCE], true);
	createToken("COERCERTLFULL", src[t.COERCEFULL], true);
	createToken("LONETILDE", "(?:~>?)");
	createToken("TILDETRIM", `(\\s*)${src[t.LONETILDE]}\\s+`, true);
	exports.tildeTrimReplace = "$1~";
	createToken("TILDE", `^${src[t.LONETILDE]}${src[t.XRANGEPLAIN]}$`);
	createToken("TILDELOOSE", `^${src[t.LONETILDE]}${src[t.XRANGEPLAINLOOSE]}$`);
	createToken("LONECARET", "(?:\\^)");
	createToken("CARETTRIM", `(\\s*)${src[t.LONECARET]}\\s+`, true);
	exports.caretTrimReplace = "$1^";
	createToken("CARET", `^${src[t.LONECARET]}${src[t.XRANGEPLAIN]}$`);
	createToken("CARETLOOSE", `^${src[t.LONECARET]}${src[t.XRANGEPLAINLOOSE]}$`);
	createToken("COMPARATORLOOSE", `^${src[t.GTLT]}\\s*(${src[t.LOOSEPLAIN]})$|^$`);
	createToken("COMPARATOR", `^${src[t.GTLT]}\\s*(${src[t.FULLPLAIN]})$|^$`);
	createToken("COMPARATORTRIM", `(\\s*)${src[t.GTLT]}\\s*(${src[t.LOOSEPLAIN]}|${src[t.XRANGEPLAIN]})`, true);
	exports.comparatorTrimReplace = "$1$2$3";
	createToken("HYPHENRANGE", `^\\s*(${src[t.XRANGEPLAIN]})\\s+-\\s+(${src[t.XRANGEPLAIN]})\\s*$`);
	createToken("HYPHENRANGELOOSE", `^\\s*(${src[t.XRANGEPLAINLOOSE]})\\s+-\\s+(${src[t.XRANGEPLAINLOOSE]})\\s*$`);
	createToken("STAR", "(<|>)?=?\\s*\\*");
	createToken("GTE0", "^\\s*>=\\s*0\\.0\\.0\\s*$");
	createToken("GTE0PRE", "^\\s*>=\\s*0\\.0\\.0-0\\s*$");
}));
// node_modules/semver/internal/parse-options.js
var require_parse_options = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const looseOption = Object.freeze({ loose: true });
	const emptyOpts = Object.freeze({});
	const parseOptions = (options) => {
		if (!options) return emptyOpts;
		if (typeof options !== "object") return looseOption;
		return options;
	};
	module.exports = parseOptions;
}));
// node_modules/semver/internal/identifiers.js
var require_identifiers = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const numeric = /^[0-9]+$/;
	const compareIdentifiers = (a, b) => {
		if (typeof a === "number" && typeof b === "number") return a === b ? 0 : a < b ? -1 : 1;
		const anum = numeric.test(a);
		const bnum = numeric.test(b);
		if (anum && bnum) {
			a = +a;
			b = +b;
		}
		return a === b ? 0 : anum && !bnum ? -1 : bnum && !anum ? 1 : a < b ? -1 : 1;
	};
	const rcompareIdentifiers = (a, b) => compareIdentifiers(b, a);
	module.exports = {
		compareIdentifiers,
		rcompareIdentifiers
	};
}));
// node_modules/semver/classes/semver.js
var require_semver$1 = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const debug = require_debug();
	const { MAX_LENGTH, MAX_SAFE_INTEGER } = require_constants();
	const { safeRe: re, t } = require_re();
	const parseOptions = require_parse_options();
	const { compareIdentifiers } = require_identifiers();
	const isPrereleaseIdentifier = (prerelease, identifier) => {
		const identifiers = identifier.split(".");
		if (identifiers.length > prerelease.length) return false;
		for (let i = 0; i < identifiers.length; i++) if (compareIdentifiers(prerelease[i], identifiers[i]) !== 0) return false;
		return true;
	};
	module.exports = class SemVer {
		constructor(version, options) {
			options = parseOptions(options);
			if (version instanceof SemVer) {
				if (version.loose === !!options.loose && version.includePrerelease === !!options.includePrerelease) return version;
				else version = version.version;
			} else if (typeof version !== "string") throw new TypeError(`Invalid version. Must be a string. Got type "${typeof version}".`);
			if (version.length > MAX_LENGTH) throw new TypeError(`version is longer than ${MAX_LENGTH} characters`);
			debug("SemVer", version, options);
			this.options = options;
			this.loose = !!options.loose;
			this.includePrerelease = !!options.includePrerelease;
			const m = version.trim().match(options.loose ? re[t.LOOSE] : re[t.FULL]);
			if (!m) throw new TypeError(`Invalid Version: ${version}`);
			this.raw = version;
			this.major = +m[1];
			this.minor = +m[2];
			this.patch = +m[3];
			if (this.major > MAX_SAFE_INTEGER || this.major < 0) throw new TypeError("Invalid major version");
			if (this.minor > MAX_SAFE_INTEGER || this.minor < 0) throw new TypeError("Invalid minor version");
			if (this.patch > MAX_SAFE_INTEGER || this.patch < 0) throw new TypeError("Invalid patch version");
			if (!m[4]) this.prerelease = [];
			else this.prerelease = m[4].split(".").map((id) => {
				if (/^[0-9]+$/.test(id)) {
					const num = +id;
					if (num >= 0 && num < MAX_SAFE_INTEGER) return num;
				}
				return id;
			});
			this.build = m[5] ? m[5].split(".") : [];
			this.format();
		}
		format() {
			this.version = `${this.major}.${this.minor}.${this.patch}`;
			if (this.prerelease.length) this.version += `-${this.prerelease.join(".")}`;
			return this.version;
		}
		toString() {
			return this.version;
		}
		compare(other) {
			debug("SemVer.compare", this.version, this.options, other);
			if (!(other instanceof SemVer)) {
				if (typeof other === "string" && other === this.version) return 0;
				other = new SemVer(other, this.options);
			}
			if (other.version === this.version) return 0;
			return this.compareMain(other) || this.comparePre(other);
		}
		compareMain(other) {
			if (!(other instanceof SemVer)) other = new SemVer(other, this.options);
			if (this.major < other.major) return -1;
			if (this.major > other.major) return 1;
			if (this.minor < other.minor) return -1;
			if (this.minor > other.minor) return 1;
			if (this.patch < other.patch) return -1;
			if (this.patch > other.patch) return 1;
			return 0;
		}
		comparePre(other) {
			if (!(other instanceof SemVer)) other = new SemVer(other, this.options);
			if (this.prerelease.length && !other.prerelease.length) return -1;
			else if (!this.prerelease.length && other.prerelease.length) return 1;
			else if (!this.prerelease.length && !other.prerelease.length) return 0;
			let i = 0;
			do {
				const a = this.prerelease[i];
				const b = other.prerelease[i];
				debug("prerelease compare", i, a, b);
				if (a === void 0 && b === void 0) return 0;
				else if (b === void 0) return 1;
				else if (a === void 0) return -1;
				else if (a === b) continue;
				else return compareIdentifiers(a, b);
			} while (++i);
		}
		compareBuild(other) {
			if (!(other instanceof SemVer)) other = new SemVer(other, this.options);
			let i = 0;
			do {
				const a = this.build[i];
				const b = other.build[i];
				debug("build compare", i, a, b);
				if (a === void 0 && b === void 0) return 0;
				else if (b === void 0) return 1;
				else if (a === void 0) return -1;
				else if (a === b) continue;
				else return compareIdentifiers(a, b);
			} while (++i);
		}
		inc(release, identifier, identifierBase) {
			if (release.startsWith("pre")) {
				if (!identifier && identifierBase === false) throw new Error("invalid increment argument: identifier is empty");
				if (identifier) {
					const match = `-${identifier}`.match(this.options.loose ? re[t.PRERELEASELOOSE] : re[t.PRERELEASE]);
					if (!match || match[1] !== identifier) throw new Error(`invalid identifier: ${identifier}`);
				}
			}
			switch (release) {
				case "premajor":
					this.prerelease.length = 0;
					this.patch = 0;
					this.minor = 0;
					this.major++;
					this.inc("pre", identifier, identifierBase);
					break;
				case "preminor":
					this.prerelease.length = 0;
					this.patch = 0;
					this.minor++;
					this.inc("pre", identifier, identifierBase);
					break;
				case "prepatch":
					this.prerelease.length = 0;
					this.inc("patch", identifier, identifierBase);
					this.inc("pre", identifier, identifierBase);
					break;
				case "prerelease":
					if (this.prerelease.length === 0) this.inc("patch", identifier, identifierBase);
					this.inc("pre", identifier, identifierBase);
					break;
				case "release":
					if (this.prerelease.length === 0) throw new Error(`version ${this.raw} is not a prerelease`);
					this.prerelease.length = 0;
					break;
				case "major":
					if (this.minor !== 0 || this.patch !== 0 || this.prerelease.length === 0) this.major++;
					this.minor = 0;
					this.patch = 0;
					this.prerelease = [];
					break;
				case "minor":
					if (this.patch !== 0 || this.prerelease.length === 0) this.minor++;
					this.patch = 0;
					this.prerelease = [];
					break;
				case "patch":
					if (this.prerelease.length === 0) this.patch++;
					this.prerelease = [];
					break;
				case "pre": {
					const base = Number(identifierBase) ? 1 : 0;
					if (this.prerelease.length === 0) this.prerelease = [base];
					else {
						let i = this.prerelease.length;
						while (--i >= 0) if (typeof this.prerelease[i] === "number") {
							this.prerelease[i]++;
							i = -2;
						}
						if (i === -1) {
							if (identifier === this.prerelease.join(".") && identifierBase === false) throw new Error("invalid increment argument: identifier already exists");
							this.prerelease.push(base);
						}
					}
					if (identifier) {
						let prerelease = [identifier, base];
						if (identifierBase === false) prerelease = [identifier];
						if (isPrereleaseIdentifier(this.prerelease, identifier)) {
							const prereleaseBase = this.prerelease[identifier.split(".").length];
							if (isNaN(prereleaseBase)) this.prerelease = prerelease;
						} else this.prerelease = prerelease;
					}
					break;
				}
				default: throw new Error(`invalid increment argument: ${release}`);
			}
			this.raw = this.format();
			if (this.build.length) this.raw += `+${this.build.join(".")}`;
			return this;
		}
	};
}));
// node_modules/semver/functions/parse.js
var require_parse = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const parse = (version, options, throwErrors = false) => {
		if (version instanceof SemVer) return version;
		try {
			return new SemVer(version, options);
		} catch (er) {
			if (!throwErrors) return null;
			throw er;
		}
	};
	module.exports = parse;
}));
// node_modules/semver/functions/valid.js
var require_valid$1 = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const parse = require_parse();
	const valid = (version, options) => {
		const v = parse(version, options);
		return v ? v.version : null;
	};
	module.exports = valid;
}));
// node_modules/semver/functions/clean.js
var require_clean = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const parse = require_parse();
	const clean = (version, options) => {
		const s = parse(version.trim().replace(/^[=v]+/, ""), options);
		return s ? s.version : null;
	};
	module.exports = clean;
}));
// node_modules/semver/functions/inc.js
var require_inc = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const inc = (version, release, options, identifier, identifierBase) => {
		if (typeof options === "string") {
			identifierBase = identifier;
			identifier = options;
			options = void 0;
		}
		try {
			return new SemVer(version instanceof SemVer ? version.version : version, options).inc(release, identifier, identifierBase).version;
		} catch (er) {
			return null;
		}
	};
	module.exports = inc;
}));
// node_modules/semver/functions/diff.js
var require_diff = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const parse = require_parse();
	const diff = (version1, version2) => {
		const v1 = parse(version1, null, true);
		const v2 = parse(version2, null, true);
		const comparison = v1.compare(v2);
		if (comparison === 0) return null;
		const v1Higher = comparison > 0;
		const highVersion = v1Higher ? v1 : v2;
		const lowVersion = v1Higher ? v2 : v1;
		const highHasPre = !!highVersion.prerelease.length;
		if (!!lowVersion.prerelease.length && !highHasPre) {
			if (!lowVersion.patch && !lowVersion.minor) return "major";
			if (lowVersion.compareMain(highVersion) === 0) {
				if (lowVersion.minor && !lowVersion.patch) return "minor";
				return "patch";
			}
		}
		const prefix = highHasPre ? "pre" : "";
		if (v1.major !== v2.major) return prefix + "major";
		if (v1.minor !== v2.minor) return prefix + "minor";
		if (v1.patch !== v2.patch) return prefix + "patch";
		return "prerelease";
	};
	module.exports = diff;
}));
// node_modules/semver/functions/major.js
var require_major = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const major = (a, loose) => new SemVer(a, loose).major;
	module.exports = major;
}));
// node_modules/semver/functions/minor.js
var require_minor = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const minor = (a, loose) => new SemVer(a, loose).minor;
	module.exports = minor;
}));
// node_modules/semver/functions/patch.js
var require_patch = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const patch = (a, loose) => new SemVer(a, loose).patch;
	module.exports = patch;
}));
// node_modules/semver/functions/prerelease.js
var require_prerelease = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const parse = require_parse();
	const prerelease = (version, options) => {
		const parsed = parse(version, options);
		return parsed && parsed.prerelease.length ? parsed.prerelease : null;
	};
	module.exports = prerelease;
}));
// node_modules/semver/functions/compare.js
var require_compare = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const compare = (a, b, loose) => new SemVer(a, loose).compare(new SemVer(b, loose));
	module.exports = compare;
}));
// node_modules/semver/functions/rcompare.js
var require_rcompare = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compare = require_compare();
	const rcompare = (a, b, loose) => compare(b, a, loose);
	module.exports = rcompare;
}));
// node_modules/semver/functions/compare-loose.js
var require_compare_loose = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compare = require_compare();
	const compareLoose = (a, b) => compare(a, b, true);
	module.exports = compareLoose;
}));
// node_modules/semver/functions/compare-build.js
var require_compare_build = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const compareBuild = (a, b, loose) => {
		const versionA = new SemVer(a, loose);
		const versionB = new SemVer(b, loose);
		return versionA.compare(versionB) || versionA.compareBuild(versionB);
	};
	module.exports = compareBuild;
}));
// node_modules/semver/functions/sort.js
var require_sort = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compareBuild = require_compare_build();
	const sort = (list, loose) => list.sort((a, b) => compareBuild(a, b, loose));
	module.exports = sort;
}));
// node_modules/semver/functions/rsort.js
var require_rsort = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compareBuild = require_compare_build();
	const rsort = (list, loose) => list.sort((a, b) => compareBuild(b, a, loose));
	module.exports = rsort;
}));
// node_modules/semver/functions/gt.js
var require_gt = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compare = require_compare();
	const gt = (a, b, loose) => compare(a, b, loose) > 0;
	module.exports = gt;
}));
// node_modules/semver/functions/lt.js
var require_lt = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compare = require_compare();
	const lt = (a, b, loose) => compare(a, b, loose) < 0;
	module.exports = lt;
}));
// node_modules/semver/functions/eq.js
var require_eq = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compare = require_compare();
	const eq = (a, b, loose) => compare(a, b, loose) === 0;
	module.exports = eq;
}));
// node_modules/semver/functions/neq.js
var require_neq = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compare = require_compare();
	const neq = (a, b, loose) => compare(a, b, loose) !== 0;
	module.exports = neq;
}));
// node_modules/semver/functions/gte.js
var require_gte = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compare = require_compare();
	const gte = (a, b, loose) => compare(a, b, loose) >= 0;
	module.exports = gte;
}));
// node_modules/semver/functions/lte.js
var require_lte = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compare = require_compare();
	const lte = (a, b, loose) => compare(a, b, loose) <= 0;
	module.exports = lte;
}));
// node_modules/semver/functions/cmp.js
var require_cmp = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const eq = require_eq();
	const neq = require_neq();
	const gt = require_gt();
	const gte = require_gte();
	const lt = require_lt();
	const lte = require_lte();
	const cmp = (a, op, b, loose) => {
		switch (op) {
			case "===":
				if (typeof a === "object") a = a.version;
				if (typeof b === "object") b = b.version;
				return a === b;
			case "!==":
				if (typeof a === "object") a = a.version;
				if (typeof b === "object") b = b.version;
				return a !== b;
			case "":
			case "=":
			case "==": return eq(a, b, loose);
			case "!=": return neq(a, b, loose);
			case ">": return gt(a, b, loose);
			case ">=": return gte(a, b, loose);
			case "<": return lt(a, b, loose);
			case "<=": return lte(a, b, loose);
			default: throw new TypeError(`Invalid operator: ${op}`);
		}
	};
	module.exports = cmp;
}));
// node_modules/semver/functions/coerce.js
var require_coerce = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const parse = require_parse();
	const { safeRe: re, t } = require_re();
	const coerce = (version, options) => {
		if (version instanceof SemVer) return version;
		if (typeof version === "number") version = String(version);
		if (typeof version !== "string") return null;
		options = options || {};
		let match = null;
		if (!options.rtl) match = version.match(options.includePrerelease ? re[t.COERCEFULL] : re[t.COERCE]);
		else {
			const coerceRtlRegex = options.includePrerelease ? re[t.COERCERTLFULL] : re[t.COERCERTL];
			let next;
			while ((next = coerceRtlRegex.exec(version)) && (!match || match.index + match[0].length !== version.length)) {
				if (!match || next.index + next[0].length !== match.index + match[0].length) match = next;
				coerceRtlRegex.lastIndex = next.index + next[1].length + next[2].length;
			}
			coerceRtlRegex.lastIndex = -1;
		}
		if (match === null) return null;
		const major = match[2];
		const minor = match[3] || "0";
		const patch = match[4] || "0";
		const prerelease = options.includePrerelease && match[5] ? `-${match[5]}` : "";
		const build = options.includePrerelease && match[6] ? `+${match[6]}` : "";
		return parse(`${major}.${minor}.${patch}${prerelease}${build}`, options);
	};
	module.exports = coerce;
}));
// node_modules/semver/functions/truncate.js
var require_truncate = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const parse = require_parse();
	const constants = require_constants();
	const SemVer = require_semver$1();
	const truncate = (version, truncation, options) => {
		if (!constants.RELEASE_TYPES.includes(truncation)) return null;
		const clonedVersion = cloneInputVersion(version, options);
		return clonedVersion && doTruncation(clonedVersion, truncation);
	};
	const cloneInputVersion = (version, options) => {
		const versionStringToParse = version instanceof SemVer ? version.version : version;
		return parse(versionStringToParse, options);
	};
	const doTruncation = (version, truncation) => {
		if (isPrerelease(truncation)) return version.version;
		version.prerelease = [];
		switch (truncation) {
			case "major":
				version.minor = 0;
				version.patch = 0;
				break;
			case "minor": version.patch = 0;
		}
		return version.format();
	};
	const isPrerelease = (type) => {
		return type.startsWith("pre");
	};
	module.exports = truncate;
}));
// node_modules/semver/internal/lrucache.js
var require_lrucache = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	var LRUCache = class {
		constructor() {
			this.max = 1e3;
			this.map = /* @__PURE__ */ new Map();
		}
		get(key) {
			const value = this.map.get(key);
			if (value === void 0) return;
			else {
				this.map.delete(key);
				this.map.set(key, value);
				return value;
			}
		}
		delete(key) {
			return this.map.delete(key);
		}
		set(key, value) {
			if (!this.delete(key) && value !== void 0) {
				if (this.map.size >= this.max) {
					const firstKey = this.map.keys().next().value;
					this.delete(firstKey);
				}
				this.map.set(key, value);
			}
			return this;
		}
	};
	module.exports = LRUCache;
}));
// node_modules/semver/internal/trim-comparator-whitespace.js
var require_trim_comparator_whitespace = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const { MAX_LENGTH, MAX_SAFE_BUILD_LENGTH, WHITESPACE_CHARACTERS } = require_constants();
	/**
	* Remembers the last two rows of digits so their characters need not be reread.
	* Positions start at -1 until a row has been found.
	*
	* @typedef {object} DigitRunCache
	* @property {number} start The first character of the most recently found row.
	* @property {number} end The position after that row's last character.
	* @property {number} previousStart The first character of the previous row.
	* @property {number} previousEnd The position after the previous row.
	*/
	const whitespace = /* @__PURE__ */ new Uint8Array(65536);
	for (const char of WHITESPACE_CHARACTERS) whitespace[char.charCodeAt(0)] = 1;
	/**
	* Checks whether a character is whitespace, like a space, tab, or newline.
	* Looking past the end of the string returns false.
	*
	* @param {string|undefined} char One character, or undefined past the string's end.
	* @returns {boolean} Whether the character is whitespace.
	* @example isWhitespace(' ') // true
	* @example isWhitespace('1') // false
	*/
	const isWhitespace = (char) => char !== void 0 && whitespace[char.charCodeAt(0)] === 1;
	/**
	* Checks for v, =, or whitespace before the version number.
	* These are historical version prefixes, not range operators:
	* < and > are handled separately, as are tilde and caret ranges.
	*
	* @param {string|undefined} char One character to check.
	* @returns {boolean} Whether the character can belong to a version prefix.
	* @example isVersionPrefix('=') // true
	* @example isVersionPrefix('>') // false
	*/
	const isVersionPrefix = (char) => char === "v" || char === "=" || isWhitespace(char);
	/**
	* Checks whether a character is one of the digits 0 through 9.
	*
	* @param {string|undefined} char One character to check.
	* @returns {boolean} Whether the character is an ASCII digit.
	* @example isDigit('7') // true
	* @example isDigit('.') // false
	*/
	const isDigit = (char) => char !== void 0 && char >= "0" && char <= "9";
	/**
	* Checks whether a character is an English letter, uppercase or lowercase.
	*
	* @param {string|undefined} char One character to check.
	* @returns {boolean} Whether the character is an ASCII letter.
	* @example isLetter('b') // true
	* @example isLetter('7') // false
	*/
	const isLetter = (char) => char !== void 0 && (char >= "a" && char <= "z" || char >= "A" && char <= "Z");
	/**
	* Checks for a letter, digit, or hyphen: the characters allowed inside
	* prerelease and build names such as beta-1.
	*
	* @param {string|undefined} char One character to check.
	* @returns {boolean} Whether the character can be part of an identifier.
	* @example isIdentifierCharacter('-') // true
	* @example isIdentifierCharacter('.') // false; dots separate identifiers
	*/
	const isIdentifierCharacter = (char) => isDigit(char) || isLetter(char) || char === "-";
	/**
	* Checks whether a version component can begin here: with a digit or
	* a wildcard such as x, X, or *.
	*
	* @param {string|undefined} char One character to check.
	* @returns {boolean} Whether a number or wildcard can start with this character.
	* @example isVersionStart('x') // true
	* @example isVersionStart('v') // false; v belongs to the prefix
	*/
	const isVersionStart = (char) => isDigit(char) || char === "x" || char === "X" || char === "*";
	/**
	* Finds the end of a row of digits, but returns no more than limit digits.
	* Remembers the last two rows so looking at them again does not reread them.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position of the first character to check.
	* @param {number} limit The most digit characters the returned match can include.
	* @param {DigitRunCache} digitRuns Shared cache of digit-run positions, updated in place.
	* @returns {number} The position after the matched digits, or start if none match.
	* @example findDigitsEndIndex('123abc', 0, 10, digitRuns) // 3, pointing at a
	* @example findDigitsEndIndex('123abc', 0, 2, digitRuns) // 2, pointing at the unread 3
	*/
	const findDigitsEndIndex = (range, start, limit, digitRuns) => {
		if (!isDigit(range[start])) return start;
		if (start >= digitRuns.start && start < digitRuns.end) return Math.min(start + limit, digitRuns.end);
		if (start >= digitRuns.previousStart && start < digitRuns.previousEnd) return Math.min(start + limit, digitRuns.previousEnd);
		let end = start + 1;
		while (isDigit(range[end])) end++;
		digitRuns.previousStart = digitRuns.start;
		digitRuns.previousEnd = digitRuns.end;
		digitRuns.start = start;
		digitRuns.end = end;
		return Math.min(start + limit, end);
	};
	/**
	* Reads a number using the old regex's length and leading-zero rules.
	* Strict mode reads just the first zero in 012; loose mode can read all three.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position where the number should begin.
	* @param {boolean} loose Whether to allow leading zeros.
	* @param {DigitRunCache} digitRuns Shared digit-run cache, updated as needed.
	* @returns {number} The position after the matched digits, not their numeric value.
	* @example findVersionNumberEndIndex('012', 0, false, digitRuns) // 1
	* @example findVersionNumberEndIndex('012', 0, true, digitRuns) // 3
	*/
	const findVersionNumberEndIndex = (range, start, loose, digitRuns) => {
		if (!loose && range[start] === "0") return start + 1;
		return findDigitsEndIndex(range, start, loose ? MAX_LENGTH : MAX_LENGTH + 1, digitRuns);
	};
	/**
	* Reads one piece of a prerelease name, such as beta or 1 in beta.1.
	* Tries the letter-or-hyphen form first, then the number-only form.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position where the identifier should begin.
	* @param {boolean} loose Whether numeric identifiers may have leading zeros.
	* @param {DigitRunCache} digitRuns Shared digit-run cache, updated as needed.
	* @returns {number} The position after the identifier, or start if none matches.
	* @example findPrereleaseIdentifierEndIndex('beta.1', 0, false, digitRuns) // 4, at the dot
	* @example findPrereleaseIdentifierEndIndex('001beta', 0, false, digitRuns) // 7
	*/
	const findPrereleaseIdentifierEndIndex = (range, start, loose, digitRuns) => {
		const digitsEnd = findDigitsEndIndex(range, start, MAX_LENGTH, digitRuns);
		if (isLetter(range[digitsEnd]) || range[digitsEnd] === "-") {
			let end = digitsEnd + 1;
			const limit = end + MAX_SAFE_BUILD_LENGTH;
			while (end < limit && isIdentifierCharacter(range[end])) end++;
			return end;
		}
		return findVersionNumberEndIndex(range, start, loose, digitRuns);
	};
	/**
	* Reads a prerelease suffix such as -beta.1, one dot-separated piece at a time.
	* Loose mode also allows the name without its opening hyphen.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position where the suffix should begin, including -.
	* @param {boolean} loose Whether the opening hyphen is optional and zeros allowed.
	* @param {DigitRunCache} digitRuns Shared digit-run cache, updated as needed.
	* @returns {number} The position after the matched suffix, or start if absent.
	* @example findPrereleaseEndIndex('-beta.1+sha', 0, false, digitRuns) // 7, at the plus
	* @example findPrereleaseEndIndex('beta', 0, false, digitRuns) // 0; no opening hyphen
	*/
	const findPrereleaseEndIndex = (range, start, loose, digitRuns) => {
		const hyphen = range[start] === "-";
		if (!loose && !hyphen) return start;
		const identifierStart = start + (hyphen ? 1 : 0);
		let end = findPrereleaseIdentifierEndIndex(range, identifierStart, loose, digitRuns);
		if (end === identifierStart) {
			if (!loose || !hyphen) return start;
			end = findPrereleaseIdentifierEndIndex(range, start, loose, digitRuns);
		}
		while (range[end] === ".") {
			const next = findPrereleaseIdentifierEndIndex(range, end + 1, loose, digitRuns);
			if (next === end + 1) break;
			end = next;
		}
		return end;
	};
	/**
	* Reads one build-name piece, such as sha or 123 in +sha.123.
	* Stops at a disallowed character or the old regex's length limit.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position where the identifier should begin.
	* @returns {number} The position after the identifier, or start if none matches.
	* @example findBuildIdentifierEndIndex('sha.123', 0) // 3, at the dot
	* @example findBuildIdentifierEndIndex('001', 0) // 3; leading zeros are allowed
	*/
	const findBuildIdentifierEndIndex = (range, start) => {
		let end = start;
		while (end - start < MAX_SAFE_BUILD_LENGTH && isIdentifierCharacter(range[end])) end++;
		return end;
	};
	/**
	* Reads optional build metadata such as +sha.123.
	* Leaves the position unchanged if there is no plus sign followed by a name.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position where the opening + should be.
	* @returns {number} The position after the matched metadata, or start if absent.
	* @example findBuildEndIndex('+sha.123 <2', 0) // 8, at the space
	* @example findBuildEndIndex('+', 0) // 0; a plus sign alone is not a match
	*/
	const findBuildEndIndex = (range, start) => {
		if (range[start] !== "+") return start;
		let end = findBuildIdentifierEndIndex(range, start + 1);
		if (end === start + 1) return start;
		while (range[end] === ".") {
			const next = findBuildIdentifierEndIndex(range, end + 1);
			if (next === end + 1) break;
			end = next;
		}
		return end;
	};
	/**
	* Reads three numbers separated by dots, then any prerelease and build suffixes.
	* Uses loose rules, so forms such as 01.02.03beta can match here.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position of the first number, after any prefix.
	* @param {DigitRunCache} digitRuns Shared digit-run cache, updated as needed.
	* @returns {number} The position after the version match, or start if none matches.
	* @example findLooseFullVersionEndIndex('1.2.3-beta+sha <2', 0, digitRuns) // 14
	* @example findLooseFullVersionEndIndex('1.2', 0, digitRuns) // 0; needs three numbers
	*/
	const findLooseFullVersionEndIndex = (range, start, digitRuns) => {
		let end = start;
		for (let component = 0; component < 3; component++) {
			const next = findVersionNumberEndIndex(range, end, true, digitRuns);
			if (next === end) return start;
			end = next;
			if (component < 2) {
				if (range[end] !== ".") return start;
				end++;
			}
		}
		const prereleaseEnd = findPrereleaseEndIndex(range, end, true, digitRuns);
		return findBuildEndIndex(range, prereleaseEnd);
	};
	/**
	* Reads one component of a partial or wildcard version, such as 2 or x in 2.x.
	* Numbers use strict leading-zero rules; wildcards take up one character.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position where the component should begin.
	* @param {DigitRunCache} digitRuns Shared digit-run cache, updated as needed.
	* @returns {number} The position after the component, or start if none matches.
	* @example findPartialVersionComponentEndIndex('2.x', 0, digitRuns) // 1, at the dot
	* @example findPartialVersionComponentEndIndex('2.x', 2, digitRuns) // 3, after x
	*/
	const findPartialVersionComponentEndIndex = (range, start, digitRuns) => {
		if (isDigit(range[start])) return findVersionNumberEndIndex(range, start, false, digitRuns);
		return isVersionStart(range[start]) ? start + 1 : start;
	};
	/**
	* Reads up to three components, allowing forms such as 1, 1.2, or 1.x.
	* After the third component, also reads any strict prerelease and build suffixes.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position of a number or wildcard, after any prefix.
	* @param {DigitRunCache} digitRuns Shared digit-run cache, updated as needed.
	* @returns {number} The position after the matched version text.
	* @example findPartialVersionEndIndex('1.x <2', 0, digitRuns) // 3, at the space
	* @example findPartialVersionEndIndex('1.', 0, digitRuns) // 1; the trailing dot is unread
	*/
	const findPartialVersionEndIndex = (range, start, digitRuns) => {
		let end = findPartialVersionComponentEndIndex(range, start, digitRuns);
		for (let component = 0; component < 2; component++) {
			if (range[end] !== ".") return end;
			const next = findPartialVersionComponentEndIndex(range, end + 1, digitRuns);
			if (next === end + 1) return end;
			end = next;
		}
		const prereleaseEnd = findPrereleaseEndIndex(range, end, false, digitRuns);
		return findBuildEndIndex(range, prereleaseEnd);
	};
	/**
	* Finds where a version match ends, without deciding whether the range is valid.
	* Tries a loose full version first, then a partial or wildcard version, just
	* like the old regex's LOOSEPLAIN and XRANGEPLAIN alternatives.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position of a number or wildcard, after any prefix.
	* @param {DigitRunCache} digitRuns Shared digit-run cache, updated as needed.
	* @returns {number} The position where scanning the next candidate can resume.
	* @example findVersionEndIndex('1.2.3 <2', 0, digitRuns) // 5, at the space
	* @example findVersionEndIndex('1.x <2', 0, digitRuns) // 3, at the space
	*/
	const findVersionEndIndex = (range, start, digitRuns) => {
		const fullVersionEnd = findLooseFullVersionEndIndex(range, start, digitRuns);
		return fullVersionEnd !== start ? fullVersionEnd : findPartialVersionEndIndex(range, start, digitRuns);
	};
	/**
	* Finds the one whitespace character the old replacement would remove.
	* Keeps leading whitespace, skips an optional operator, and checks immediately
	* after it. Returns -1 if there is nothing to remove.
	*
	* @param {string} range The text containing a candidate already found by the caller.
	* @param {number} matchStart The candidate's position, including leading whitespace.
	* @returns {number} The position of the removable whitespace, or -1 if absent.
	* @example findRemovableWhitespaceIndex(' > 1', 0) // 2; keep the space at position 0
	* @example findRemovableWhitespaceIndex('>1', 0) // -1
	*/
	const findRemovableWhitespaceIndex = (range, matchStart) => {
		let position = matchStart;
		if (isWhitespace(range[position])) position++;
		if (range[position] === "<" || range[position] === ">") position++;
		if (range[position] === "=") position++;
		return isWhitespace(range[position]) ? position : -1;
	};
	/**
	* Joins an operator to its version, turning > 1.2.3 into >1.2.3.
	* Copies everything else according to the old regex's matching rules.
	* Moves forward through prefixes and whole versions to avoid repeatedly
	* searching the same characters on long inputs.
	*
	* @param {string} range The range text to process; the original string is unchanged.
	* @returns {string} The range with matched operator whitespace removed.
	* @example trimComparatorWhitespace('> 1.2.3 < 2') // '>1.2.3 <2'
	* @example trimComparatorWhitespace('> invalid') // '> invalid'
	*/
	const trimComparatorWhitespace = (range) => {
		let result = "";
		let copyFrom = 0;
		let cursor = 0;
		const digitRuns = {
			start: -1,
			end: -1,
			previousStart: -1,
			previousEnd: -1
		};
		while (cursor < range.length) {
			const matchStart = cursor;
			if (range[cursor] === "<" || range[cursor] === ">") cursor++;
			else if (!isVersionPrefix(range[cursor]) && !isVersionStart(range[cursor])) {
				cursor++;
				continue;
			}
			while (cursor < range.length && isVersionPrefix(range[cursor])) cursor++;
			if (!isVersionStart(range[cursor])) continue;
			const whitespacePosition = findRemovableWhitespaceIndex(range, matchStart);
			if (whitespacePosition !== -1) {
				result += range.slice(copyFrom, whitespacePosition);
				copyFrom = whitespacePosition + 1;
			}
			cursor = findVersionEndIndex(range, cursor, digitRuns);
		}
		return result + range.slice(copyFrom);
	};
	module.exports = trimComparatorWhitespace;
}));
// node_modules/semver/classes/range.js
var require_range = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SPACE_CHARACTERS = /\s+/g;
	module.exports = class Range {
		constructor(range, options) {
			options = parseOptions(options);
			if (range instanceof Range) {
				if (range.loose === !!options.loose && range.includePrerelease === !!options.includePrerelease) return range;
				else return new Range(range.raw, options);
			}
			if (range instanceof Comparator) {
				this.raw = range.value;
				this.set = [[range]];
				this.formatted = void 0;
				return this;
			}
			this.options = options;
			this.loose = !!options.loose;
			this.includePrerelease = !!options.includePrerelease;
			this.raw = range.trim().replace(SPACE_CHARACTERS, " ");
			this.set = this.raw.split("||").map((r) => this.parseRange(r.trim())).filter((c) => c.length);
			if (!this.set.length) throw new TypeError(`Invalid SemVer Range: ${this.raw}`);
			if (this.set.length > 1) {
				const first = this.set[0];
				this.set = this.set.filter((c) => !isNullSet(c[0]));
				if (this.set.length === 0) this.set = [first];
				else if (this.set.length > 1) {
					for (const c of this.set) if (c.length === 1 && isAny(c[0])) {
						this.set = [c];
						break;
					}
				}
			}
			this.formatted = void 0;
		}
		get range() {
			if (this.formatted === void 0) {
				this.formatted = "";
				for (let i = 0; i < this.set.length; i++) {
					if (i > 0) this.formatted += "||";
					const comps = this.set[i];
					for (let k = 0; k < comps.length; k++) {
						if (k > 0) this.formatted += " ";
						this.formatted += comps[k].toString().trim();
					}
				}
			}
			return this.formatted;
		}
		format() {
			return this.range;
		}
		toString() {
			return this.range;
		}
		parseRange(range) {
			range = range.replace(BUILDSTRIPRE, "");
			const memoKey = ((this.options.includePrerelease && FLAG_INCLUDE_PRERELEASE) | (this.options.loose && FLAG_LOOSE)) + ":" + range;
			const cached = cache.get(memoKey);
			if (cached) return cached;
			const loose = this.options.loose;
			const hr = loose ? re[t.HYPHENRANGELOOSE] : re[t.HYPHENRANGE];
			range = range.replace(hr, hyphenReplace(this.options.includePrerelease));
			debug("hyphen replace", range);
			range = trimComparatorWhitespace(range);
			debug("comparator trim", range);
			range = range.replace(re[t.TILDETRIM], tildeTrimReplace);
			debug("tilde trim", range);
			range = range.replace(re[t.CARETTRIM], caretTrimReplace);
			debug("caret trim", range);
			let rangeList = range.split(" ").map((comp) => parseComparator(comp, this.options)).join(" ").split(/\s+/).map((comp) => replaceGTE0(comp, this.options));
			if (loose) rangeList = rangeList.filter((comp) => {
				debug("loose invalid filter", comp, this.options);
				return !!comp.match(re[t.COMPARATORLOOSE]);
			});
			debug("range list", rangeList);
			const rangeMap = /* @__PURE__ */ new Map();
			const comparators = rangeList.map((comp) => new Comparator(comp, this.options));
			for (const comp of comparators) {
				if (isNullSet(comp)) return [comp];
				rangeMap.set(comp.value, comp);
			}
			if (rangeMap.size > 1 && rangeMap.has("")) rangeMap.delete("");
			const result = [...rangeMap.values()];
			cache.set(memoKey, result);
			return result;
		}
		intersects(range, options) {
			if (!(range instanceof Range)) throw new TypeError("a Range is required");
			return this.set.some((thisComparators) => {
				return isSatisfiable(thisComparators, options) && range.set.some((rangeComparators) => {
					return isSatisfiable(rangeComparators, options) && thisComparators.every((thisComparator) => {
						return rangeComparators.every((rangeComparator) => {
							return thisComparator.intersects(rangeComparator, options);
						});
					});
				});
			});
		}
		test(version) {
			if (!version) return false;
			if (typeof version === "string") try {
				version = new SemVer(version, this.options);
			} catch (er) {
				return false;
			}
			for (let i = 0; i < this.set.length; i++) if (testSet(this.set[i], version, this.options)) return true;
			return false;
		}
	};
	const cache = new (require_lrucache())();
	const parseOptions = require_parse_options();
	const Comparator = require_comparator();
	const debug = require_debug();
	const SemVer = require_semver$1();
	const trimComparatorWhitespace = require_trim_comparator_whitespace();
	const { safeRe: re, src, t, tildeTrimReplace, caretTrimReplace } = require_re();
	const { FLAG_INCLUDE_PRERELEASE, FLAG_LOOSE } = require_constants();
	const BUILDSTRIPRE = new RegExp(src[t.BUILD], "g");
	const isNullSet = (c) => c.value === "<0.0.0-0";
	const isAny = (c) => c.value === "";
	const isSatisfiable = (comparators, options) => {
		let result = true;
		const remainingComparators = comparators.slice();
		let testComparator = remainingComparators.pop();
		while (result && remainingComparators.length) {
			result = remainingComparators.every((otherComparator) => {
				return testComparator.intersects(otherComparator, options);
			});
			testComparator = remainingComparators.pop();
		}
		return result;
	};
	const parseComparator = (comp, options) => {
		comp = comp.replace(re[t.BUILD], "");
		debug("comp", comp, options);
		comp = replaceCarets(comp, options);
		debug("caret", comp);
		comp = replaceTildes(comp, options);
		debug("tildes", comp);
		comp = replaceXRanges(comp, options);
		debug("xrange", comp);
		comp = replaceStars(comp, options);
		debug("stars", comp);
		return comp;
	};
	const isX = (id) => !id || id.toLowerCase() === "x" || id === "*";
	const invalidXRangeOrder = (M, m, p) => isX(M) && !isX(m) || isX(m) && p && !isX(p);
	const replaceTildes = (comp, options) => {
		return comp.trim().split(/\s+/).map((c) => replaceTilde(c, options)).join(" ");
	};
	const replaceTilde = (comp, options) => {
		const r = options.loose ? re[t.TILDELOOSE] : re[t.TILDE];
		const z = options.includePrerelease ? "-0" : "";
		return comp.replace(r, (_, M, m, p, pr) => {
			debug("tilde", comp, _, M, m, p, pr);
			let ret;
			if (isX(M)) ret = "";
			else if (isX(m)) ret = `>=${M}.0.0${z} <${+M + 1}.0.0-0`;
			else if (isX(p)) ret = `>=${M}.${m}.0${z} <${M}.${+m + 1}.0-0`;
			else if (pr) {
				debug("replaceTilde pr", pr);
				ret = `>=${M}.${m}.${p}-${pr} <${M}.${+m + 1}.0-0`;
			} else ret = `>=${M}.${m}.${p} <${M}.${+m + 1}.0-0`;
			debug("tilde return", ret);
			return ret;
		});
	};
	const replaceCarets = (comp, options) => {
		return comp.trim().split(/\s+/).map((c) => replaceCaret(c, options)).join(" ");
	};
	const replaceCaret = (comp, options) => {
		debug("caret", comp, options);
		const r = options.loose ? re[t.CARETLOOSE] : re[t.CARET];
		const z = options.includePrerelease ? "-0" : "";
		return comp.replace(r, (_, M, m, p, pr) => {
			debug("caret", comp, _, M, m, p, pr);
			let ret;
			if (isX(M)) ret = "";
			else if (isX(m)) ret = `>=${M}.0.0${z} <${+M + 1}.0.0-0`;
			else if (isX(p)) {
				if (M === "0") ret = `>=${M}.${m}.0${z} <${M}.${+m + 1}.0-0`;
				else ret = `>=${M}.${m}.0${z} <${+M + 1}.0.0-0`;
			} else if (pr) {
				debug("replaceCaret pr", pr);
				if (M === "0") {
					if (m === "0") ret = `>=${M}.${m}.${p}-${pr} <${M}.${m}.${+p + 1}-0`;
					else ret = `>=${M}.${m}.${p}-${pr} <${M}.${+m + 1}.0-0`;
				} else ret = `>=${M}.${m}.${p}-${pr} <${+M + 1}.0.0-0`;
			} else {
				debug("no pr");
				if (M === "0") {
					if (m === "0") ret = `>=${M}.${m}.${p} <${M}.${m}.${+p + 1}-0`;
					else ret = `>=${M}.${m}.${p} <${M}.${+m + 1}.0-0`;
				} else ret = `>=${M}.${m}.${p} <${+M + 1}.0.0-0`;
			}
			debug("caret return", ret);
			return ret;
		});
	};
	const replaceXRanges = (comp, options) => {
		debug("replaceXRanges", comp, options);
		return comp.split(/\s+/).map((c) => replaceXRange(c, options)).join(" ");
	};
	const replaceXRange = (comp, options) => {
		comp = comp.trim();
		const r = options.loose ? re[t.XRANGELOOSE] : re[t.XRANGE];
		return comp.replace(r, (ret, gtlt, M, m, p, pr) => {
			debug("xRange", comp, ret, gtlt, M, m, p, pr);
			if (invalidXRangeOrder(M, m, p)) return comp;
			const xM = isX(M);
			const xm = xM || isX(m);
			const xp = xm || isX(p);
			const anyX = xp;
			if (gtlt === "=" && anyX) gtlt = "";
			pr = options.includePrerelease ? "-0" : "";
			if (xM) {
				if (gtlt === ">" || gtlt === "<") ret = "<0.0.0-0";
				else ret = "*";
			} else if (gtlt && anyX) {
				if (xm) m = 0;
				p = 0;
				if (gtlt === ">") {
					gtlt = ">=";
					if (xm) {
						M = +M + 1;
						m = 0;
						p = 0;
					} else {
						m = +m + 1;
						p = 0;
					}
				} else if (gtlt === "<=") {
					gtlt = "<";
					if (xm) M = +M + 1;
					else m = +m + 1;
				}
				if (gtlt === "<") pr = "-0";
				ret = `${gtlt + M}.${m}.${p}${pr}`;
			} else if (xm) ret = `>=${M}.0.0${pr} <${+M + 1}.0.0-0`;
			else if (xp) ret = `>=${M}.${m}.0${pr} <${M}.${+m + 1}.0-0`;
			debug("xRange return", ret);
			return ret;
		});
	};
	const replaceStars = (comp, options) => {
		debug("replaceStars", comp, options);
		return comp.trim().replace(re[t.STAR], "");
	};
	const replaceGTE0 = (comp, options) => {
		debug("replaceGTE0", comp, options);
		return comp.trim().replace(re[options.includePrerelease ? t.GTE0PRE : t.GTE0], "");
	};
	const hyphenReplace = (incPr) => ($0, from, fM, fm, fp, fpr, fb, to, tM, tm, tp, tpr) => {
		if (isX(fM)) from = "";
		else if (isX(fm)) from = `>=${fM}.0.0${incPr ? "-0" : ""}`;
		else if (isX(fp)) from = `>=${fM}.${fm}.0${incPr ? "-0" : ""}`;
		else if (fpr) from = `>=${from}`;
		else from = `>=${from}${incPr ? "-0" : ""}`;
		if (isX(tM)) to = "";
		else if (isX(tm)) to = `<${+tM + 1}.0.0-0`;
		else if (isX(tp)) to = `<${tM}.${+tm + 1}.0-0`;
		else if (tpr) to = `<=${tM}.${tm}.${tp}-${tpr}`;
		else if (incPr) to = `<${tM}.${tm}.${+tp + 1}-0`;
		else to = `<=${to}`;
		return `${from} ${to}`.trim();
	};
	const testSet = (set, version, options) => {
		for (let i = 0; i < set.length; i++) if (!set[i].test(version)) return false;
		if (version.prerelease.length && !options.includePrerelease) {
			for (let i = 0; i < set.length; i++) {
				debug(set[i].semver);
				if (set[i].semver === Comparator.ANY) continue;
				if (set[i].semver.prerelease.length > 0) {
					const allowed = set[i].semver;
					if (allowed.major === version.major && allowed.minor === version.minor && allowed.patch === version.patch) return true;
				}
			}
			return false;
		}
		return true;
	};
}));
// node_modules/semver/classes/comparator.js
var require_comparator = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const ANY = Symbol("SemVer ANY");
	module.exports = class Comparator {
		static get ANY() {
			return ANY;
		}
		constructor(comp, options) {
			options = parseOptions(options);
			if (comp instanceof Comparator) {
				if (comp.loose === !!options.loose) return comp;
				else comp = comp.value;
			}
			comp = comp.trim().split(/\s+/).join(" ");
			debug("comparator", comp, options);
			this.options = options;
			this.loose = !!options.loose;
			this.parse(comp);
			if (this.semver === ANY) this.value = "";
			else this.value = this.operator + this.semver.version;
			debug("comp", this);
		}
		parse(comp) {
			const r = this.options.loose ? re[t.COMPARATORLOOSE] : re[t.COMPARATOR];
			const m = comp.match(r);
			if (!m) throw new TypeError(`Invalid comparator: ${comp}`);
			this.operator = m[1] !== void 0 ? m[1] : "";
			if (this.operator === "=") this.operator = "";
			if (!m[2]) this.semver = ANY;
			else this.semver = new SemVer(m[2], this.options.loose);
		}
		toString() {
			return this.value;
		}
		test(version) {
			debug("Comparator.test", version, this.options.loose);
			if (this.semver === ANY || version === ANY) return true;
			if (typeof version === "string") try {
				version = new SemVer(version, this.options);
			} catch (er) {
				return false;
			}
			return cmp(version, this.operator, this.semver, this.options);
		}
		intersects(comp, options) {
			if (!(comp instanceof Comparator)) throw new TypeError("a Comparator is required");
			if (this.operator === "") {
				if (this.value === "") return true;
				return new Range(comp.value, options).test(this.value);
			} else if (comp.operator === "") {
				if (comp.value === "") return true;
				return new Range(this.value, options).test(comp.semver);
			}
			options = parseOptions(options);
			if (options.includePrerelease && (this.value === "<0.0.0-0" || comp.value === "<0.0.0-0")) return false;
			if (!options.includePrerelease && (this.value.startsWith("<0.0.0") || comp.value.startsWith("<0.0.0"))) return false;
			if (this.operator.startsWith(">") && comp.operator.startsWith(">")) return true;
			if (this.operator.startsWith("<") && comp.operator.startsWith("<")) return true;
			if (this.semver.version === comp.semver.version && this.operator.includes("=") && comp.operator.includes("=")) return true;
			if (cmp(this.semver, "<", comp.semver, options) && this.operator.startsWith(">") && comp.operator.startsWith("<")) return true;
			if (cmp(this.semver, ">", comp.semver, options) && this.operator.startsWith("<") && comp.operator.startsWith(">")) return true;
			return false;
		}
	};
	const parseOptions = require_parse_options();
	const { safeRe: re, t } = require_re();
	const cmp = require_cmp();
	const debug = require_debug();
	const SemVer = require_semver$1();
	const Range = require_range();
}));
// node_modules/semver/functions/satisfies.js
var require_satisfies = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const Range = require_range();
	const satisfies = (version, range, options) => {
		try {
			range = new Range(range, options);
		} catch (er) {
			return false;
		}
		return range.test(version);
	};
	module.exports = satisfies;
}));
// node_modules/semver/ranges/to-comparators.js
var require_to_comparators = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const Range = require_range();
	const toComparators = (range, options) => new Range(range, options).set.map((comp) => comp.map((c) => c.value).join(" ").trim().split(" "));
	module.exports = toComparators;
}));
// node_modules/semver/ranges/max-satisfying.js
var require_max_satisfying = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const Range = require_range();
	const maxSatisfying = (versions, range, options) => {
		let max = null;
		let maxSV = null;
		let rangeObj = null;
		try {
			rangeObj = new Range(range, options);
		} catch (er) {
			return null;
		}
		versions.forEach((v) => {
			if (rangeObj.test(v)) {
				if (!max || maxSV.compare(v) === -1) {
					max = v;
					maxSV = new SemVer(max, options);
				}
			}
		});
		return max;
	};
	module.exports = maxSatisfying;
}));
// node_modules/semver/ranges/min-satisfying.js
var require_min_satisfying = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const Range = require_range();
	const minSatisfying = (versions, range, options) => {
		let min = null;
		let minSV = null;
		let rangeObj = null;
		try {
			rangeObj = new Range(range, options);
		} catch (er) {
			return null;
		}
		versions.forEach((v) => {
			if (rangeObj.test(v)) {
				if (!min || minSV.compare(v) === 1) {
					min = v;
					minSV = new SemVer(min, options);
				}
			}
		});
		return min;
	};
	module.exports = minSatisfying;
}));
// node_modules/semver/ranges/min-version.js
var require_min_version = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const Range = require_range();
	const gt = require_gt();
	const minVersion = (range, loose) => {
		range = new Range(range, loose);
		let minver = new SemVer("0.0.0");
		if (range.test(minver)) return minver;
		minver = new SemVer("0.0.0-0");
		if (range.test(minver)) return minver;
		minver = null;
		for (let i = 0; i < range.set.length; ++i) {
			const comparators = range.set[i];
			let setMin = null;
			comparators.forEach((comparator) => {
				const compver = new SemVer(comparator.semver.version);
				switch (comparator.operator) {
					case ">":
						if (compver.prerelease.length === 0) compver.patch++;
						else compver.prerelease.push(0);
						compver.raw = compver.format();
					case "":
					case ">=":
						if (!setMin || gt(compver, setMin)) setMin = compver;
						break;
					case "<":
					case "<=": break;
					/* istanbul ignore next */
					default: throw new Error(`Unexpected operation: ${comparator.operator}`);
				}
			});
			if (setMin && (!minver || gt(minver, setMin))) minver = setMin;
		}
		if (minver && range.test(minver)) return minver;
		return null;
	};
	module.exports = minVersion;
}));
// node_modules/semver/ranges/valid.js
var require_valid = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const Range = require_range();
	const validRange = (range, options) => {
		try {
			return new Range(range, options).range || "*";
		} catch (er) {
			return null;
		}
	};
	module.exports = validRange;
}));
// node_modules/semver/ranges/outside.js
var require_outside = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const Comparator = require_comparator();
	const { ANY } = Comparator;
	const Range = require_range();
	const satisfies = require_satisfies();
	const gt = require_gt();
	const lt = require_lt();
	const lte = require_lte();
	const gte = require_gte();
	const outside = (version, range, hilo, options) => {
		version = new SemVer(version, options);
		range = new Range(range, options);
		let gtfn, ltefn, ltfn, comp, ecomp;
		switch (hilo) {
			case ">":
				gtfn = gt;
				ltefn = lte;
				ltfn = lt;
				comp = ">";
				ecomp = ">=";
				break;
			case "<":
				gtfn = lt;
				ltefn = gte;
				ltfn = gt;
				comp = "<";
				ecomp = "<=";
				break;
			default: throw new TypeError("Must provide a hilo val of \"<\" or \">\"");
		}
		if (satisfies(version, range, options)) return false;
		for (let i = 0; i < range.set.length; ++i) {
			const comparators = range.set[i];
			let high = null;
			let low = null;
			comparators.forEach((comparator) => {
				if (comparator.semver === ANY) comparator = new Comparator(">=0.0.0");
				high = high || comparator;
				low = low || comparator;
				if (gtfn(comparator.semver, high.semver, options)) high = comparator;
				else if (ltfn(comparator.semver, low.semver, options)) low = comparator;
			});
			if (high.operator === comp || high.operator === ecomp) return false;
			if ((!low.operator || low.operator === comp) && ltefn(version, low.semver)) return false;
			else if (low.operator === ecomp && ltfn(version, low.semver)) return false;
		}
		return true;
	};
	module.exports = outside;
}));
// node_modules/semver/ranges/gtr.js
var require_gtr = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const outside = require_outside();
	const gtr = (version, range, options) => outside(version, range, ">", options);
	module.exports = gtr;
}));
// node_modules/semver/ranges/ltr.js
var require_ltr = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const outside = require_outside();
	const ltr = (version, range, options) => outside(version, range, "<", options);
	module.exports = ltr;
}));
// node_modules/semver/ranges/intersects.js
var require_intersects = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const Range = require_range();
	const intersects = (r1, r2, options) => {
		r1 = new Range(r1, options);
		r2 = new Range(r2, options);
		return r1.intersects(r2, options);
	};
	module.exports = intersects;
}));
// node_modules/semver/ranges/simplify.js
var require_simplify = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const satisfies = require_satisfies();
	const compare = require_compare();
	module.exports = (versions, range, options) => {
		const set = [];
		let first = null;
		let prev = null;
		const v = versions.sort((a, b) => compare(a, b, options));
		for (const version of v) if (satisfies(version, range, options)) {
			prev = version;
			if (!first) first = version;
		} else {
			if (prev) set.push([first, prev]);
			prev = null;
			first = null;
		}
		if (first) set.push([first, null]);
		const ranges = [];
		for (const [min, max] of set) if (min === max) ranges.push(min);
		else if (!max && min === v[0]) ranges.push("*");
		else if (!max) ranges.push(`>=${min}`);
		else if (min === v[0]) ranges.push(`<=${max}`);
		else ranges.push(`${min} - ${max}`);
		const simplified = ranges.join(" || ");
		const original = typeof range.raw === "string" ? range.raw : String(range);
		return simplified.length < original.length ? simplified : range;
	};
}));
// node_modules/semver/ranges/subset.js
var require_subset = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const Range = require_range();
	const Comparator = require_comparator();
	const { ANY } = Comparator;
	const satisfies = require_satisfies();
	const compare = require_compare();
	const subset = (sub, dom, options = {}) => {
		if (sub === dom) return true;
		sub = new Range(sub, options);
		dom = new Range(dom, options);
		let sawNonNull = false;
		OUTER: for (const simpleSub of sub.set) {
			for (const simpleDom of dom.set) {
				const isSub = simpleSubset(simpleSub, simpleDom, options);
				sawNonNull = sawNonNull || isSub !== null;
				if (isSub) continue OUTER;
			}
			if (sawNonNull) return false;
		}
		return true;
	};
	const minimumVersionWithPreRelease = [new Comparator(">=0.0.0-0")];
	const minimumVersion = [new Comparator(">=0.0.0")];
	const simpleSubset = (sub, dom, options) => {
		if (sub === dom) return true;
		if (sub.length === 1 && sub[0].semver === ANY) {
			if (dom.length === 1 && dom[0].semver === ANY) return true;
			else if (options.includePrerelease) sub = minimumVersionWithPreRelease;
			else sub = minimumVersion;
		}
		if (dom.length === 1 && dom[0].semver === ANY) {
			if (options.includePrerelease) return true;
			else dom = minimumVersion;
		}
		const eqSet = /* @__PURE__ */ new Set();
		let gt, lt;
		for (const c of sub) if (c.operator === ">" || c.operator === ">=") gt = higherGT(gt, c, options);
		else if (c.operator === "<" || c.operator === "<=") lt = lowerLT(lt, c, options);
		else eqSet.add(c.semver);
		if (eqSet.size > 1) return null;
		let gtltComp;
		if (gt && lt) {
			gtltComp = compare(gt.semver, lt.semver, options);
			if (gtltComp > 0) return null;
			else if (gtltComp === 0 && (gt.operator !== ">=" || lt.operator !== "<=")) return null;
		}
		for (const eq of eqSet) {
			if (gt && !satisfies(eq, String(gt), options)) return null;
			if (lt && !satisfies(eq, String(lt), options)) return null;
			for (const c of dom) if (!satisfies(eq, String(c), options)) return false;
			return true;
		}
		let higher, lower;
		let hasDomLT, hasDomGT;
		let needDomLTPre = lt && !options.includePrerelease && lt.semver.prerelease.length ? lt.semver : false;
		let needDomGTPre = gt && !options.includePrerelease && gt.semver.prerelease.length ? gt.semver : false;
		if (needDomLTPre && needDomLTPre.prerelease.length === 1 && lt.operator === "<" && needDomLTPre.prerelease[0] === 0) needDomLTPre = false;
		for (const c of dom) {
			hasDomGT = hasDomGT || c.operator === ">" || c.operator === ">=";
			hasDomLT = hasDomLT || c.operator === "<" || c.operator === "<=";
			if (gt) {
				if (needDomGTPre) {
					if (c.semver.prerelease && c.semver.prerelease.length && c.semver.major === needDomGTPre.major && c.semver.minor === needDomGTPre.minor && c.semver.patch === needDomGTPre.patch) needDomGTPre = false;
				}
				if (c.operator === ">" || c.operator === ">=") {
					higher = higherGT(gt, c, options);
					if (higher === c && higher !== gt) return false;
				} else if (gt.operator === ">=" && !c.test(gt.semver)) return false;
			}
			if (lt) {
				if (needDomLTPre) {
					if (c.semver.prerelease && c.semver.prerelease.length && c.semver.major === needDomLTPre.major && c.semver.minor === needDomLTPre.minor && c.semver.patch === needDomLTPre.patch) needDomLTPre = false;
				}
				if (c.operator === "<" || c.operator === "<=") {
					lower = lowerLT(lt, c, options);
					if (lower === c && lower !== lt) return false;
				} else if (lt.operator === "<=" && !c.test(lt.semver)) return false;
			}
			if (!c.operator && (lt || gt) && gtltComp !== 0) return false;
		}
		if (gt && hasDomLT && !lt && gtltComp !== 0) return false;
		if (lt && hasDomGT && !gt && gtltComp !== 0) return false;
		if (needDomGTPre || needDomLTPre) return false;
		return true;
	};
	const higherGT = (a, b, options) => {
		if (!a) return b;
		const comp = compare(a.semver, b.semver, options);
		return comp > 0 ? a : comp < 0 ? b : b.operator === ">" && a.operator === ">=" ? b : a;
	};
	const lowerLT = (a, b, options) => {
		if (!a) return b;
		const comp = compare(a.semver, b.semver, options);
		return comp < 0 ? a : comp > 0 ? b : b.operator === "<" && a.operator === "<=" ? b : a;
	};
	module.exports = subset;
}));
// node_modules/@actions/tool-cache/lib/tool-cache.js
var import_semver = /* @__PURE__ */ __toESM((/* @__PURE__ */ __commonJSMin(((exports, module) => {
	const internalRe = require_re();
	const constants = require_constants();
	const SemVer = require_semver$1();
	const identifiers = require_identifiers();
	module.exports = {
		parse: require_parse(),
		valid: require_valid$1(),
		clean: require_clean(),
		inc: require_inc(),
		diff: require_diff(),
		major: require_major(),
		minor: require_minor(),
		patch: require_patch(),
		prerelease: require_prerelease(),
		compare: require_compare(),
		rcompare: require_rcompare(),
		compareLoose: require_compare_loose(),
		compareBuild: require_compare_build(),
		sort: require_sort(),
		rsort: require_rsort(),
		gt: require_gt(),
		lt: require_lt(),
		eq: require_eq(),
		neq: require_neq(),
		gte: require_gte(),
		lte: require_lte(),
		cmp: require_cmp(),
		coerce: require_coerce(),
		truncate: require_truncate(),
		Comparator: require_comparator(),
		Range: require_range(),
		satisfies: require_satisfies(),
		toComparators: require_to_comparators(),
		maxSatisfying: require_max_satisfying(),
		minSatisfying: require_min_satisfying(),
		minVersion: require_min_version(),
		validRange: require_valid(),
		outside: require_outside(),
		gtr: require_gtr(),
		ltr: require_ltr(),
		intersects: require_intersects(),
		simplifyRange: require_simplify(),
		subset: require_subset(),
		SemVer,
		re: internalRe.re,
		src: internalRe.src,
		tokens: internalRe.t,
		SEMVER_SPEC_VERSION: constants.SEMVER_SPEC_VERSION,
		RELEASE_TYPES: constants.RELEASE_TYPES,
		compareIdentifiers: identifiers.compareIdentifiers,
		rcompareIdentifiers: identifiers.rcompareIdentifiers
	};
})))(), 1);
var __awaiter = function(thisArg, _arguments, P, generator) {
	function adopt(value) {
		return value instanceof P ? value : new P(function(resolve) {
			resolve(value);
		});
	}
	return new (P || (P = Promise))(function(resolve, reject) {
		function fulfilled(value) {
			try {
				step(generator.next(value));
			} catch (e) {
				reject(e);
			}
		}
		function rejected(value) {
			try {
				step(generator["throw"](value));
			} catch (e) {
				reject(e);
			}
		}
		function step(result) {
			result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected);
		}
		step((generator = generator.apply(thisArg, _arguments || [])).next());
	});
};
process.platform;
process.platform;
/**
* Caches a directory and installs it into the tool cacheDir
*
* @param sourceDir    the directory to cache into tools
* @param tool          tool name
* @param version       version of the tool.  semver format
* @param arch          architecture of the tool.  Optional.  Defaults to machine architecture
*/
function cacheDir(sourceDir, tool, version, arch) {
	return __awaiter(this, void 0, void 0, function* () {
		version = import_semver.clean(version) || version;
		arch = arch || os.arch();
		debug(`Caching tool ${tool} ${version} ${arch}`);
		debug(`source dir: ${sourceDir}`);
		if (!fs.statSync(sourceDir).isDirectory()) throw new Error("sourceDir is not a directory");
		const destPath = yield _createToolPath(tool, version, arch);
		for (const itemName of fs.readdirSync(sourceDir)) yield cp$1(path.join(sourceDir, itemName), destPath, { recursive: true });
		_completeToolPath(tool, version, arch);
		return destPath;
	});
}
/**
* Finds the path to a tool version in the local installed tool cache
*
* @param toolName      name of the tool
* @param versionSpec   version of the tool
* @param arch          optional arch.  defaults to arch of computer
*/
function find(toolName, versionSpec, arch) {
	if (!toolName) throw new Error("toolName parameter is required");
	if (!versionSpec) throw new Error("versionSpec parameter is required");
	arch = arch || os.arch();
	if (!isExplicitVersion(versionSpec)) versionSpec = evaluateVersions(findAllVersions(toolName, arch), versionSpec);
	let toolPath = "";
	if (versionSpec) {
		versionSpec = import_semver.clean(versionSpec) || "";
		const cachePath = path.join(_getCacheDirectory(), toolName, versionSpec, arch);
		debug(`checking cache: ${cachePath}`);
		if (fs.existsSync(cachePath) && fs.existsSync(`${cachePath}.complete`)) {
			debug(`Found tool in cache ${toolName} ${versionSpec} ${arch}`);
			toolPath = cachePath;
		} else debug("not found");
	}
	return toolPath;
}
/**
* Finds the paths to all versions of a tool that are installed in the local tool cache
*
* @param toolName  name of the tool
* @param arch      optional arch.  defaults to arch of computer
*/
function findAllVersions(toolName, arch) {
	const versions = [];
	arch = arch || os.arch();
	const toolPath = path.join(_getCacheDirectory(), toolName);
	if (fs.existsSync(toolPath)) {
		const children = fs.readdirSync(toolPath);
		for (const child of children) if (isExplicitVersion(child)) {
			const fullPath = path.join(toolPath, child, arch || "");
			if (fs.existsSync(fullPath) && fs.existsSync(`${fullPath}.complete`)) versions.push(child);
		}
	}
	return versions;
}
function _createToolPath(tool, version, arch) {
	return __awaiter(this, void 0, void 0, function* () {
		const folderPath = path.join(_getCacheDirectory(), tool, import_semver.clean(version) || version, arch || "");
		debug(`destination ${folderPath}`);
		const markerPath = `${folderPath}.complete`;
		yield rmRF(folderPath);
		yield rmRF(markerPath);
		yield mkdirP(folderPath);
		return folderPath;
	});
}
function _completeToolPath(tool, version, arch) {
	const markerPath = `${path.join(_getCacheDirectory(), tool, import_semver.clean(version) || version, arch || "")}.complete`;
	fs.writeFileSync(markerPath, "");
	debug("finished caching tool");
}
/**
* Check if version string is explicit
*
* @param versionSpec      version string to check
*/
function isExplicitVersion(versionSpec) {
	const c = import_semver.clean(versionSpec) || "";
	debug(`isExplicit: ${c}`);
	const valid = import_semver.valid(c) != null;
	debug(`explicit? ${valid}`);
	return valid;
}
/**
* Get the highest satisfiying semantic version in `versions` which satisfies `versionSpec`
*
* @param versions        array of versions to evaluate
* @param versionSpec     semantic version spec to satisfy
*/
function evaluateVersions(versions, versionSpec) {
	let version = "";
	debug(`evaluating ${versions.length} versions`);
	versions = versions.sort((a, b) => {
		if (import_semver.gt(a, b)) return 1;
		return -1;
	});
	for (let i = versions.length - 1; i >= 0; i--) {
		const potential = versions[i];
		if (import_semver.satisfies(potential, versionSpec)) {
			version = potential;
			break;
		}
	}
	if (version) debug(`matched: ${version}`);
	else debug("match not found");
	return version;
}
/**
* Gets RUNNER_TOOL_CACHE
*/
function _getCacheDirectory() {
	const cacheDirectory = process.env["RUNNER_TOOL_CACHE"] || "";
	ok(cacheDirectory, "Expected RUNNER_TOOL_CACHE to be defined");
	return cacheDirectory;
}
// src/steps/shelf.ts
const TOOL = "kiwi-ng";
/**
* The runner's tool cache. It stays on machines that stay; on a hosted runner it lasts for the job. No kiwi-ng comes from
* the Actions cache, which others may write: it runs as root.
*/
function kiwiShelf(around, report) {
	process.env["RUNNER_TOOL_CACHE"] ||= join(around.cacheFolder, "tools");
	process.env["RUNNER_TEMP"] ||= around.temp;
	return {
		find: async (version) => {
			const here = find(TOOL, version);
			return here === "" ? void 0 : await unbroken(here, version, report);
		},
		keep: async (folder, version) => {
			await seal(folder, version);
			const there = find(TOOL, version);
			if (there !== "") await rm(there, {
				recursive: true,
				force: true
			});
			return await cacheDir(folder, TOOL, version);
		}
	};
}
// src/steps/canceling.ts
/** A signal to all of a job reaches its programs and us in any order. */
const SAME_MOMENT_MILLISECONDS = 50;
/** Cancels at what a runner, a shell or a terminal that closes sends to end a job. */
function cancelAtSignals(canceling) {
	for (const name of [
		"SIGINT",
		"SIGTERM",
		"SIGHUP"
	]) process.on(name, () => canceling.abort());
}
/** What to tell of the error that a job ended with: a program that a signal ended, which meant all of the job, is a cancel. */
async function endOfJob(error, canceled) {
	if (!(error instanceof CommandError) || error.outcome.kind !== "signal") return error;
	await setTimeout$1(SAME_MOMENT_MILLISECONDS);
	return canceled.aborted ? new CommandError(error.program, error.args, { kind: "canceled" }, []) : error;
}
// src/steps/proxies.ts
const PROXY_VARIABLES = [
	"http_proxy",
	"https_proxy",
	"ftp_proxy",
	"no_proxy",
	"all_proxy"
];
/** The variables that say which proxy programs take, in both spellings. */
function proxyVariables(environment) {
	const names = PROXY_VARIABLES.flatMap((name) => [name, name.toUpperCase()]);
	return Object.fromEntries(names.flatMap((name) => environment[name] ? [[name, environment[name]]] : []));
}
/**
* Node asks mirrors directly unless it is told to take the proxy that all other programs take. They take `host:port` too,
* and proxies of other protocols, at which Node would end with an error that quotes the address, its password among it.
*/
function takeProxies(proxies) {
	if (!("setGlobalProxyFromEnv" in http)) return;
	const usable = Object.entries(proxies).flatMap(([name, text]) => {
		if (/^(no|all|ftp)_/i.test(name)) return [[name, text]];
		const address = text.includes("://") ? text : `http://${text}`;
		return URL.canParse(address) && /^https?:/i.test(address) ? [[name, address]] : [];
	});
	if (!usable.some(([name]) => /^https?_proxy$/i.test(name))) return;
	try {
		http.setGlobalProxyFromEnv(Object.fromEntries(usable));
	} catch {}
}
// src/steps/step.ts
/** What is left of a job after a bug of ours has this long to clean up: more than KIWI needs to end. */
const LAST_MILLISECONDS = 6e4;
/**
* Runs the main of a step: a cancel (SIGINT, then SIGTERM by the runner) aborts the signal, an error ends in one clear
* line, its detail and an exit code.
*/
async function runStep(main, lastMilliseconds = LAST_MILLISECONDS) {
	const report = new Runner();
	const controller = new AbortController();
	cancelAtSignals(controller);
	for (const address of Object.values(proxyVariables(process.env))) maskUriPassword(address);
	process.on("uncaughtException", (error) => {
		process.exitCode = report.error(error);
		controller.abort();
		setTimeout(() => process.exit(), lastMilliseconds).unref();
	});
	try {
		await main(report, controller.signal);
		report.endGroup();
	} catch (error) {
		process.exitCode = report.error(await endOfJob(error, controller.signal));
	}
}
// src/steps/guardian.ts
/**
* Reads lines until its input ends, as it does when we are killed, and hands the last one to the program in its arguments,
* which removes what it names; nothing where that line is empty. A shell, for that it costs next to nothing to have it wait.
*/
const PROGRAM = `exec >/dev/null 2>&1
watched=
while IFS= read -r line; do watched=$line; done
[ -z "$watched" ] || exec "$@" "$watched"`;
/**
* Starts a guardian: a process in a session of its own, which signals to our process group do not reach. Disposing of it
* ends it, and nothing is removed: whoever ends in order does that itself.
*
* @throws CommandError when no process can be started
*/
async function startGuardian(files) {
	const { nodePath, abandonedPath, searchPath } = files;
	const args = [
		"-c",
		PROGRAM,
		"sh",
		nodePath,
		abandonedPath
	];
	let ended = Promise.resolve();
	const input = await new Promise((resolve, reject) => {
		ended = runCommand("/bin/sh", args, {
			env: { PATH: searchPath },
			cwd: "/",
			apart: true,
			onInput: resolve
		});
		ended.catch(reject);
	});
	const mark = markPrograms();
	const watched = /* @__PURE__ */ new Set();
	let inside = [];
	const tell = () => {
		const told = {
			folders: [...watched],
			mark,
			inside,
			prefix: TEMPORARY_PREFIX
		};
		input.write(`${JSON.stringify(told)}\n`);
	};
	return {
		watch: (folder) => {
			watched.add(folder);
			tell();
		},
		forget: (folder) => {
			watched.delete(folder);
			tell();
		},
		watchInside: (folders) => {
			inside = folders;
			tell();
		},
		[Symbol.asyncDispose]: async () => {
			input.end("\n");
			await ended.catch(() => {});
		}
	};
}
// src/steps/stepfolders.ts
/**
* Keeps the folders of a step: its post entry removes them at the end of the job, and the guardian at once where the step
* is killed.
*
* @param inside folders of others in which the step has files under temporary names
*/
async function stepFolders(around, inside = []) {
	const guardian = await startGuardian(around);
	guardian.watchInside(inside);
	return {
		keeping: {
			holder: await thisJob(around.runnerJob),
			inside,
			keep: (folder) => {
				guardian.watch(folder);
				rememberFolder(folder);
			}
		},
		[Symbol.asyncDispose]: () => guardian[Symbol.asyncDispose]()
	};
}
// src/steps/surroundings.ts
function surroundings(environment) {
	const uid = process.getuid?.() ?? 0;
	const gid = process.getgid?.() ?? 0;
	const home = resolve(environment["HOME"] || homeOf(uid));
	const caches = environment["XDG_CACHE_HOME"] || join(home, ".cache");
	const mirrorsFile = environment["KIWI_OCI_MIRRORS"];
	const sourceDateEpoch = environment["SOURCE_DATE_EPOCH"];
	const runnerJob = jobOfRunner(environment);
	const proxies = proxyVariables(environment);
	takeProxies(proxies);
	return {
		temp: resolve(environment["RUNNER_TEMP"] || tmpdir()),
		cacheFolder: resolve(caches, "kiwi-oci"),
		hosted: environment["RUNNER_ENVIRONMENT"] === "github-hosted",
		searchPath: environment["PATH"] ?? "",
		uid,
		gid,
		machine: machinePlatform(process.arch),
		architecture: machine(),
		nodePath: process.execPath,
		supervisorPath: resolve(import.meta.dirname, "supervisor.js"),
		abandonedPath: resolve(import.meta.dirname, "abandoned.js"),
		loginFiles: loginFiles(environment, home, uid),
		proxies,
		...runnerJob ? { runnerJob } : {},
		...mirrorsFile ? { mirrorsFile } : {},
		...sourceDateEpoch ? { sourceDateEpoch } : {}
	};
}
/** @throws HostError where the system knows no home of this user, as of a number alone in a container */
function homeOf(uid) {
	try {
		return userInfo().homedir;
	} catch {
		throw new HostError("host-folder", `the user ${uid} has no home folder`, "set HOME to a folder of yours");
	}
}
/** The names of a run alone are not enough: a job that is run again, or of a matrix, has them too. */
function jobOfRunner(environment) {
	const temp = environment["RUNNER_TEMP"];
	const tracking = environment["RUNNER_TRACKING_ID"];
	if (!temp || !tracking) return void 0;
	return {
		temp: resolve(temp),
		job: [...[
			"GITHUB_REPOSITORY",
			"GITHUB_RUN_ID",
			"GITHUB_RUN_ATTEMPT",
			"GITHUB_JOB"
		].map((name) => environment[name] ?? ""), tracking].join(" ")
	};
}
/** Where skopeo looks (containers-auth.json(5)), the first file that is set or there wins for a registry. */
function loginFiles(environment, home, uid) {
	const given = environment["REGISTRY_AUTH_FILE"];
	if (given) return [given];
	const runtime = environment["XDG_RUNTIME_DIR"];
	const config = environment["XDG_CONFIG_HOME"] || join(home, ".config");
	return [
		...runtime ? [join(runtime, "containers/auth.json")] : [],
		`/run/containers/${uid}/auth.json`,
		join(config, "containers/auth.json"),
		join(environment["DOCKER_CONFIG"] || join(home, ".docker"), "config.json")
	];
}
/** What the defaults and the wording of inputs depend on. */
function inputFacts(around, origin) {
	return {
		machine: around.machine,
		architecture: around.architecture,
		installTools: origin === "action",
		...around.sourceDateEpoch === void 0 ? {} : { sourceDateEpoch: around.sourceDateEpoch }
	};
}
// src/steps/setup.ts
/** What a distribution's own descriptions are built with. */
const PACKAGE_MANAGERS = {
	debian: "apt",
	fedora: "dnf5",
	suse: "zypper"
};
await runStep(async (report, signal) => {
	const around = surroundings(process.env);
	const mirrors = await plannedMirrors(around);
	const planned = takeValue(process.env, "plan");
	const facts = inputFacts(around, "action");
	const given = takeInputs(process.env);
	const { inputs, problems } = readInputs(given.raw, facts);
	const read = {
		inputs,
		problems: [...given.problems, ...problems]
	};
	const plan = planned === "" ? void 0 : parsePlan(planned);
	if (plan === void 0 && inputs.description === void 0 && problems.length > 0) throw new InputError(read.problems);
	const since = Date.now();
	const described = plan ?? (read.inputs.description === void 0 ? void 0 : await makePlan(read, facts));
	const { cache, installTools } = plan ?? read.inputs;
	const keeping = {
		holder: await thisJob(around.runnerJob),
		keep: () => {}
	};
	await using _guardian = await stepFolders(around);
	if (described !== void 0) await sweep(described, {
		around,
		report,
		...keeping
	});
	const kiwi = await readyTools({
		facts: described ? hostFacts(described, around.architecture, mirrors) : usualHostFacts({
			architecture: around.architecture,
			packageManager: PACKAGE_MANAGERS[(await readDistribution())?.family ?? "debian"],
			kiwiVersion: read.inputs.kiwiVersion
		}),
		installs: installTools,
		searchPath: around.searchPath,
		temp: around.temp,
		shelf: cache ? kiwiShelf(around, report) : jobShelf(around.temp, keeping),
		...described ? { lacks: await buildLacks(described, described.workDirectory ?? around.temp) } : {},
		nowSeconds: Date.now() / 1e3,
		report,
		signal,
		...keeping
	});
	const folder = kiwi === void 0 ? void 0 : dirname(kiwi.path);
	if (folder !== void 0 && !around.searchPath.split(":").includes(folder)) addPath(folder);
	setOutputs({
		seconds: String((Date.now() - since) / 1e3),
		kiwi: kiwi?.path ?? "",
		"kiwi-version": kiwi?.version ?? ""
	});
});
export {};
