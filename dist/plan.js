import { createRequire } from "node:module";
import { machine, tmpdir, userInfo } from "node:os";
import { constants, createGunzip, createZstdDecompress } from "node:zlib";
import { stripVTControlCharacters } from "node:util";
import { randomUUID } from "node:crypto";
import { constants as constants$1 } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { access, constants as constants$2, open, readdir, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as os from "os";
import * as crypto from "crypto";
import * as fs from "fs";
import http from "node:http";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
// \0rolldown/runtime.js
var __commonJSMin = (cb, mod) => () => (mod || (cb((mod = { exports: {} }).exports, mod, mod.exports), cb = null), mod.exports);
var __require = /* #__PURE__ */ (() => createRequire(import.meta.url))();
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
/** From what runs on most machines of an architecture down; what a machine that names no variant may still take. */
const DEFAULT_VARIANTS = /* @__PURE__ */ new Map([
	["amd64", ["v1"]],
	["arm", [
		"v7",
		"v6",
		"v5"
	]],
	["arm64", ["v8"]]
]);
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
/**
* One text for a platform, however it is written: with Go's name, and without the variant that every machine of the
* architecture has; containerd platforms/database.go, which takes `x86_64` for `amd64` and `arm64/v8` for `arm64` too.
*/
function platformKey({ os, architecture: name, variant: given }) {
	const { architecture, variant: implied } = OTHER_NAMES.get(name) ?? { architecture: name };
	const variant = given || implied;
	return platformText({
		os,
		architecture,
		...variant === void 0 || variant === "" || variant === DEFAULT_VARIANTS.get(architecture)?.[0] ? {} : { variant }
	});
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
constants.ZSTD_c_hashLog, constants.ZSTD_c_chainLog;
Buffer.from("1f8b08000000000000ff", "hex");
Buffer.from("0300", "hex");
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
	if (transport === void 0 || !(transport === "docker" || isLocal(transport))) return { problem: `'${text}' is no skopeo destination: write ${DESTINATION_FORMS}` };
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
	return isLocal(transport) || /^(tarball|ostree|sif|dockers?|https?|obsrepositories|obs|file)$/.test(transport) ? {
		transport,
		rest: text.slice(colon + 1)
	} : { rest: text };
}
function isLocal(transport) {
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
/** Whether the result is an index, and no single manifest. */
function isIndex({ kinds }) {
	return kinds.includes("podman-machine");
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
// src/plan/leftannotations.ts
/**
* What the input `annotations` says of levels and platforms that the result has no place for, each named once. The same
* input serves several jobs, so that this is no mistake.
*
* @returns one line for each reason
*/
function leftAnnotationLines(plan) {
	const own = platformKey(plan.platform);
	const isElsewhere = ({ platform }) => platform !== void 0 && platformKey(platform) !== own;
	const bound = plan.annotations.filter(isElsewhere).flatMap(({ levels, platform }) => levels.map((level) => platform === void 0 ? level : `${level}[${platformText(platform)}]`));
	const here = plan.annotations.filter((annotation) => !isElsewhere(annotation));
	const asked = (levels) => levels.filter((level) => here.some((each) => each.levels.includes(level)));
	const indexLevels = ANNOTATION_LEVELS.filter((level) => level.startsWith("index"));
	const top = isIndex(plan) ? "index-descriptor" : "manifest-descriptor";
	return [
		...leftOut(isIndex(plan) ? [] : asked(indexLevels), "the result is no index"),
		...leftOut(hasNoLayout(plan) ? asked([top]) : [], "only the index.json of a layout has a place for them"),
		...leftOut(bound, `the result is for ${platformText(plan.platform)}`)
	];
}
function leftOut(places, reason) {
	return places.length === 0 ? [] : [`Annotations of ${[...new Set(places)].join(" and ")}: left out, ${reason}`];
}
/** Whether the result goes somewhere, and nowhere with an `index.json`: a tag in a registry has no descriptor. */
function hasNoLayout({ push, pushByDigest, exports, workDirectory }) {
	if (workDirectory !== void 0 || !(push || pushByDigest !== void 0 || exports.length > 0)) return false;
	return !exports.some((text) => {
		const destination = parseDestination(text);
		return "transport" in destination && ["oci", "oci-archive"].includes(destination.transport);
	});
}
// src/plan/lines.ts
/** What will happen, for the log. */
function planLines(plan) {
	const { source, tags } = plan;
	return [
		...source.kind === "disk" ? [`Disk: ${source.path}`] : [
			`Description: ${source.name} ${source.version} (${basename(source.file)}, schema ${source.schemaVersion})`,
			`Type: ${source.selected.reason}`,
			...source.profiles.length > 0 ? [`Profiles: ${source.profiles.join(", ")}`] : []
		],
		...plannedChildren(plan).map((child) => childLine(plan, child)),
		...hasTree(plan.kinds) ? [`Base: ${plan.base} (${plan.baseSource})`] : [],
		...unusedLines(plan),
		...tags.map((tag) => `${plan.push ? "Push to" : "Would push to"}: ${tag}${origin(plan.tagsSource)}`),
		...plan.pushByDigest === void 0 ? [] : [`Push to: ${plan.pushByDigest}, by digest and without a tag`],
		...plan.exports.map((destination) => `Export to: ${destination}${origin(plan.exportsSource)}`)
	];
}
function childLine(plan, { kind, diskType, format, path }) {
	const { platform, formatSource, compression } = plan;
	const level = compression.level === void 0 ? "" : `:${compression.level}`;
	const what = `${format} disk (${diskType === void 0 ? formatSource : `disktype ${diskType}`})`;
	const of = `for ${platformText(platform)}`;
	switch (kind) {
		case "artifact": return `Artifact: ${what} as ${path} ${of}`;
		case "podman-machine": return `For podman machine: ${what} as ${path} ${of}`;
		case "podman-machine-4": return `For podman machine 4: ${what} at ${path} ${of}`;
		default: return `Image: ${what} at ${path} ${of}, layer ${compression.algorithm}${level}`;
	}
}
/** What inputs say of levels and parts that the result does not have: the same inputs serve several jobs. */
function unusedLines(plan) {
	return [...leftAnnotationLines(plan), ...hasImage(plan.kinds) || Object.keys(plan.labels).length === 0 ? [] : ["Labels: left out, an artifact has none"]];
}
/** Said only of what no input asked for. */
function origin(source) {
	return source === void 0 ? "" : ` (${source})`;
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
	return access(path, constants$1.R_OK).then(() => true, () => false);
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
	if (!isLocal(transport)) return { problem: `'${text}' is no source of a base: write ${BASE_FORMS}` };
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
	await using file = await open(path, constants$1.O_RDONLY | constants$1.O_NONBLOCK);
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
	return access(path, constants$2.R_OK).then(() => true, () => false);
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
isMade({
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
function planText(plan) {
	return JSON.stringify({
		planVersion: 1,
		...plan
	});
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
`${randomUUID()}`;
`${randomUUID()}`;
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
/** Those of a login; `username:password` is what HTTP sends (RFC 7617). */
function loginForms({ username, password }) {
	return password === "" ? [] : secretForms(password, `${username}:${password}`);
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
/** Keeps a login out of the log. */
function maskSecret(username, password) {
	for (const form of loginForms({
		username,
		password
	})) setSecret(form);
}
/** Keeps the login out of the log that an address may carry: `https://user:password@host/`. */
function maskUriPassword(text) {
	for (const form of addressForms(text)) setSecret(form);
}
function setOutputs(outputs) {
	for (const [name, value] of Object.entries(outputs)) setOutput(name, value);
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
// src/steps/plan.ts
await runStep(async (report) => {
	const given = takeInputs(process.env);
	const facts = inputFacts(surroundings(process.env), "action");
	const { inputs, problems } = readInputs(given.raw, facts);
	if (inputs.login) maskSecret(inputs.login.username, inputs.login.password);
	for (const line of inputs.repositories) maskUriPassword(line);
	const plan = await makePlan({
		inputs,
		problems: [...given.problems, ...problems]
	}, facts);
	for (const line of planLines(plan)) report.info(line);
	setOutputs({ plan: planText(plan) });
});
export {};
