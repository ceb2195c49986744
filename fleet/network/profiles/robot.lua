-- Sidewalk robots: where people walk, but for what wheels can't take. Small wheels climb no steps and sink into loose
-- ground; what mappers mark as not for wheelchairs is not for them either. `fleet/network/wheels.py` says the same to the
-- other engine.
--
-- ENGINE stands for the folder of the engine's own profiles.
package.path = "ENGINE/?.lua;" .. package.path

local foot = require("foot")

local STEEPEST_PERCENT = 12

local function set(...)
  local found = {}
  for _, name in ipairs({...}) do found[name] = true end
  return found
end

local TOO_ROUGH = set("very_bad", "horrible", "very_horrible", "impassable")
local TOO_HIGH = set("raised", "regular", "rolled", "yes")
local TOO_SOFT = set("sand", "mud", "snow", "ice", "stepping_stones", "woodchips")

-- In percent, 0 where it is not said as a number.
local function slope(said)
  if not said then return 0 end
  local number = tonumber(said:match("^%-?(%d+%.?%d*)"))
  if not number then return 0 end
  if said:find("°") then return math.tan(math.rad(number)) * 100 end
  return number
end

local function process_way(profile, way, result, relations)
  if way:get_value_by_key("highway") == "steps" then return end
  if way:get_value_by_key("wheelchair") == "no" then return end
  if TOO_ROUGH[way:get_value_by_key("smoothness") or ""] then return end
  if TOO_SOFT[way:get_value_by_key("surface") or ""] then return end
  if slope(way:get_value_by_key("incline")) > STEEPEST_PERCENT then return end
  foot.process_way(profile, way, result, relations)
end

local function process_node(profile, node, result, relations)
  foot.process_node(profile, node, result, relations)
  if node:get_value_by_key("wheelchair") == "no" or TOO_HIGH[node:get_value_by_key("kerb") or ""] then
    result.barrier = true
  end
end

return {
  setup = foot.setup,
  process_way = process_way,
  process_node = process_node,
  process_turn = foot.process_turn,
  process_relation = foot.process_relation,
}
