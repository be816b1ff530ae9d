// SPDX-License-Identifier: MIT
// The instructions of ARMv6-M (ARM DDI 0419), one burst after the other.
import { Core } from "./core.mjs";

const { RETURN, TRAP, SPECIAL, SLEEP, CALL, UNKNOWN, FLASH, RAM } = Core;
const SP = 13, LR = 14, PC = 15;

export class Thumb extends Core {
  /** until `limit` cycles have passed, or the core sleeps */
  run() {
    const r = this.signed;
    let pc = r[PC] & ~1, where = -1, line = -1;
    let code = this.rom16;
    // N and Z are those of `res`
    let res = this.N ? -1 : this.Z ? 0 : 1, c = this.C ? 1 : 0, v = this.V ? 1 : 0;
    let a = 0, b = 0, at = 0, rare = 0, op = 0, op2 = 0;
    while (this.cycles < this.limit) {
      if (this.interruptsUpdated) {
        r[PC] = pc;
        [this.N, this.Z, this.C, this.V] = [res < 0, res === 0, c === 1, v === 1];
        this.enter();
        pc = r[PC] & ~1;
      }
      if (pc >>> 26 !== where) {
        where = pc >>> 26;
        code = where === FLASH ? this.flash16 : where === RAM ? this.ram16 : this.rom16;
      }
      at = pc & 0xffffff;
      if (where === FLASH && at >> 3 !== line) {
        line = at >> 3;
        this.xip(at);
      }
      op = code[at >> 1];
      pc += 2;
      this.cycles++;
      const rd = op & 7, rn = (op >> 3) & 7, rm = (op >> 6) & 7, r8 = (op >> 8) & 7;
      switch (op >>> 11) {
        case 0: // LSLS
          a = (op >> 6) & 31;
          b = r[rn];
          if (a) c = (b >>> (32 - a)) & 1;
          r[rd] = res = b << a;
          break;
        case 1: // LSRS
          a = (op >> 6) & 31;
          b = r[rn];
          if (a) { c = (b >>> (a - 1)) & 1; r[rd] = res = b >>> a; }
          else { c = b >>> 31; r[rd] = res = 0; }
          break;
        case 2: // ASRS
          a = (op >> 6) & 31 || 32;
          b = r[rn];
          c = (b >> (a - 1 > 31 ? 31 : a - 1)) & 1;
          r[rd] = res = b >> (a > 31 ? 31 : a);
          break;
        case 3: // ADDS, SUBS
          a = r[rn];
          b = op & 0x400 ? rm : r[rm];
          if (op & 0x200) { res = (a - b) | 0; c = a >>> 0 >= b >>> 0 ? 1 : 0; v = ((a ^ b) & (a ^ res)) >>> 31; }
          else { res = (a + b) | 0; c = res >>> 0 < a >>> 0 ? 1 : 0; v = ((a ^ res) & (b ^ res)) >>> 31; }
          r[rd] = res;
          break;
        case 4: // MOVS
          r[r8] = res = op & 255;
          break;
        case 5: // CMP
          a = r[r8]; b = op & 255;
          res = (a - b) | 0; c = a >>> 0 >= b ? 1 : 0; v = ((a ^ b) & (a ^ res)) >>> 31;
          break;
        case 6: // ADDS
          a = r[r8]; b = op & 255;
          res = (a + b) | 0; c = res >>> 0 < a >>> 0 ? 1 : 0; v = ((a ^ res) & (b ^ res)) >>> 31;
          r[r8] = res;
          break;
        case 7: // SUBS
          a = r[r8]; b = op & 255;
          res = (a - b) | 0; c = a >>> 0 >= b ? 1 : 0; v = ((a ^ b) & (a ^ res)) >>> 31;
          r[r8] = res;
          break;
        case 8:
          if (op & 0x400) {
            const to = rd | ((op >> 4) & 8), from = (op >> 3) & 15;
            b = from === PC ? pc + 2 : r[from];
            if ((op & 0x300) === 0x300) { // BX, BLX
              this.cycles++;
              if (op & 0x80) r[LR] = pc | 1;
              if (b >>> 28 === 15) rare = RETURN;
              else pc = b & ~1;
            } else if (op & 0x100) { // CMP
              a = to === PC ? pc + 2 : r[to];
              res = (a - b) | 0; c = a >>> 0 >= b >>> 0 ? 1 : 0; v = ((a ^ b) & (a ^ res)) >>> 31;
            } else { // ADD, MOV
              if (!(op & 0x200)) b = ((to === PC ? pc + 2 : r[to]) + b) | 0;
              if (to === PC) { pc = b & ~1; this.cycles++; }
              else r[to] = to === SP ? b & ~3 : b;
            }
            break;
          }
          a = r[rd];
          b = r[rn];
          switch ((op >> 6) & 15) {
            case 0: r[rd] = res = a & b; break;
            case 1: r[rd] = res = a ^ b; break;
            case 2: // LSLS
              b &= 255;
              if (b) { c = b <= 32 ? (a >>> (32 - b)) & 1 : 0; a = b < 32 ? a << b : 0; }
              r[rd] = res = a;
              break;
            case 3: // LSRS
              b &= 255;
              if (b) { c = b <= 32 ? (a >>> (b - 1)) & 1 : 0; a = b < 32 ? a >>> b : 0; }
              r[rd] = res = a | 0;
              break;
            case 4: // ASRS
              b &= 255;
              if (b) { c = (a >> (b > 32 ? 31 : b - 1)) & 1; a >>= b > 31 ? 31 : b; }
              r[rd] = res = a;
              break;
            case 5: // ADCS
              res = (a + b + c) | 0;
              c = (a >>> 0) + (b >>> 0) + c > 0xffffffff ? 1 : 0;
              v = ((a ^ res) & (b ^ res)) >>> 31;
              r[rd] = res;
              break;
            case 6: // SBCS
              b = ~b;
              res = (a + b + c) | 0;
              c = (a >>> 0) + (b >>> 0) + c > 0xffffffff ? 1 : 0;
              v = ((a ^ res) & (b ^ res)) >>> 31;
              r[rd] = res;
              break;
            case 7: // RORS
              b &= 255;
              if (b) { a = (a >>> (b & 31)) | (a << (32 - (b & 31))); c = a >>> 31; }
              r[rd] = res = a;
              break;
            case 8: res = a & b; break; // TST
            case 9: res = -b | 0; c = b === 0 ? 1 : 0; v = (b & res) >>> 31; r[rd] = res; break; // RSBS
            case 10: res = (a - b) | 0; c = a >>> 0 >= b >>> 0 ? 1 : 0; v = ((a ^ b) & (a ^ res)) >>> 31; break; // CMP
            case 11: res = (a + b) | 0; c = res >>> 0 < a >>> 0 ? 1 : 0; v = ((a ^ res) & (b ^ res)) >>> 31; break; // CMN
            case 12: r[rd] = res = a | b; break;
            case 13: r[rd] = res = Math.imul(a, b); break;
            case 14: r[rd] = res = a & ~b; break;
            default: r[rd] = res = ~b;
          }
          break;
        case 9: r[r8] = this.ld32((pc + 2 & ~3) + ((op & 255) << 2)); break;
        case 10:
          a = (r[rn] + r[rm]) | 0;
          if (!(op & 0x400)) op & 0x200 ? this.st16(a, r[rd]) : this.st32(a, r[rd]);
          else if (op & 0x200) r[rd] = (this.ld8(a) << 24) >> 24;
          else this.st8(a, r[rd]);
          break;
        case 11:
          a = (r[rn] + r[rm]) | 0;
          if (!(op & 0x400)) r[rd] = op & 0x200 ? this.ld16(a) : this.ld32(a);
          else r[rd] = op & 0x200 ? (this.ld16(a) << 16) >> 16 : this.ld8(a);
          break;
        case 12: this.st32((r[rn] + ((op >> 4) & 124)) | 0, r[rd]); break;
        case 13: r[rd] = this.ld32((r[rn] + ((op >> 4) & 124)) | 0); break;
        case 14: this.st8((r[rn] + ((op >> 6) & 31)) | 0, r[rd]); break;
        case 15: r[rd] = this.ld8((r[rn] + ((op >> 6) & 31)) | 0); break;
        case 16: this.st16((r[rn] + ((op >> 5) & 62)) | 0, r[rd]); break;
        case 17: r[rd] = this.ld16((r[rn] + ((op >> 5) & 62)) | 0); break;
        case 18: this.st32((r[SP] + ((op & 255) << 2)) | 0, r[r8]); break;
        case 19: r[r8] = this.ld32((r[SP] + ((op & 255) << 2)) | 0); break;
        case 20: r[r8] = (pc + 2 & ~3) + ((op & 255) << 2); break;
        case 21: r[r8] = r[SP] + ((op & 255) << 2); break;
        case 22:
          if ((op & 0x600) === 0x400) { // PUSH
            if (op & 0x100) this.st32(r[SP] -= 4, r[LR]);
            for (let i = 7; i >= 0; i--) if (op & (1 << i)) this.st32(r[SP] -= 4, r[i]);
          } else if (!(op & 0x700)) r[SP] += op & 0x80 ? -((op & 127) << 2) : (op & 127) << 2;
          else if ((op & 0xff00) === 0xb200) {
            b = r[rn];
            r[rd] = op & 0x80 ? (op & 0x40 ? b & 255 : b & 0xffff) : op & 0x40 ? (b << 24) >> 24 : (b << 16) >> 16;
          } else if (op === 0xb672) this.PM = true; // CPSID
          else if (op === 0xb662) { this.PM = false; this.interruptsUpdated = true; }
          else rare = UNKNOWN;
          break;
        case 23:
          if ((op & 0x600) === 0x400) { // POP
            for (let i = 0; i < 8; i++) if (op & (1 << i)) { r[i] = this.ld32(r[SP]); r[SP] += 4; }
            if (op & 0x100) {
              b = this.ld32(r[SP]);
              r[SP] += 4;
              this.cycles += 2;
              if (b >>> 28 === 15) rare = RETURN;
              else pc = b & ~1;
            }
          } else if ((op & 0xff00) === 0xba00) { // REV, REV16, REVSH
            b = r[rn];
            a = ((b & 0xff00ff) << 8) | ((b >>> 8) & 0xff00ff);
            r[rd] = op & 0x80 ? (a << 16) >> 16 : op & 0x40 ? a : (a << 16) | (a >>> 16);
          } else if ((op & 0xff00) === 0xbe00) rare = TRAP;
          else if ((op & 0xff0f) !== 0xbf00) rare = UNKNOWN;
          else if (op === 0xbf20 || op === 0xbf30) rare = SLEEP;
          else if (op === 0xbf40) this.eventRegistered = true; // SEV
          break;
        case 24: // STM
          a = r[r8];
          for (let i = 0; i < 8; i++) if (op & (1 << i)) { this.st32(a, r[i]); a = (a + 4) | 0; }
          r[r8] = a;
          break;
        case 25: // LDM
          a = r[r8];
          for (let i = 0; i < 8; i++) if (op & (1 << i)) { b = this.ld32(a); r[i] = b; a = (a + 4) | 0; }
          if (!(op & (1 << r8))) r[r8] = a;
          break;
        case 26: case 27:
          switch ((op >> 9) & 7) {
            case 0: a = res === 0; break;
            case 1: a = c; break;
            case 2: a = res < 0; break;
            case 3: a = v; break;
            case 4: a = c && res !== 0; break;
            case 5: a = res < 0 === (v === 1); break;
            case 6: a = res !== 0 && res < 0 === (v === 1); break;
            default: rare = op & 0x100 ? CALL : UNKNOWN;
          }
          if (!rare && !!a !== !!(op & 0x100)) { pc += ((op << 24) >> 23) + 2; this.cycles++; }
          a = 0;
          break;
        case 28: pc += ((op << 21) >> 20) + 2; this.cycles++; break;
        case 30:
          op2 = code[(pc & 0xffffff) >> 1];
          pc += 2;
          this.cycles += 2;
          if ((op2 & 0xd000) === 0xd000) { // BL
            const s = (op >> 10) & 1, high = (s << 24) | ((op2 >> 13 & 1 ^ s ^ 1) << 23) | ((op2 >> 11 & 1 ^ s ^ 1) << 22);
            r[LR] = pc | 1;
            pc += ((high | ((op & 0x3ff) << 12) | ((op2 & 0x7ff) << 1)) << 7) >> 7;
          } else if ((op & 0xfff0) === 0xf380 || op === 0xf3ef) rare = SPECIAL;
          else if (op !== 0xf3bf) rare = UNKNOWN; // but for DSB, DMB, ISB
          break;
        default: rare = UNKNOWN;
      }
      if (rare) {
        r[PC] = pc;
        [this.N, this.Z, this.C, this.V] = [res < 0, res === 0, c === 1, v === 1];
        this.rare(rare, op, op2, b);
        pc = r[PC] & ~1;
        [res, c, v] = [this.N ? -1 : this.Z ? 0 : 1, this.C ? 1 : 0, this.V ? 1 : 0];
        rare = 0;
      }
    }
    r[PC] = pc;
    [this.N, this.Z, this.C, this.V] = [res < 0, res === 0, c === 1, v === 1];
  }
}
