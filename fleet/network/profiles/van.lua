-- Vans: the engine's car, at the speed limits. Its choices of leaving out tolls, motorways and ferries are not offered:
-- nobody asks for them, and each would have all streets prepared once more.
--
-- ENGINE stands for the folder of the engine's own profiles.
package.path = "ENGINE/?.lua;" .. package.path

local car = require("car")

local function setup()
  local profile = car.setup()
  profile.excludable = nil
  return profile
end

return {
  setup = setup,
  process_way = car.process_way,
  process_node = car.process_node,
  process_turn = car.process_turn,
  process_relation = car.process_relation,
}
